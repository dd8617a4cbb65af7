import { byId } from "/static/web/lib/dom.js";
import { ask } from "/static/web/lib/requests.js";

// The link of the booking, sent to oneself the way the phone offers.
const share = byId("share");
if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener("click", () => {
    navigator.share({ title: document.title, url: location.origin + location.pathname }).catch(() => {});
  });
}

// Once its holder has checked in at the kiosk, the booking becomes the ticket by itself.
const ASK_MS = 15_000;
const [, , token] = location.pathname.split("/");

async function followTicket() {
  if (document.visibilityState === "hidden") return;
  const answer = await ask(`/api/v1/appointments/${token}`, { withinMs: ASK_MS });
  const ticket = answer?.ok && answer.content.ticket_token;
  if (ticket) location.replace(`/t/${ticket}`);
}

if (share) {
  setInterval(followTicket, ASK_MS);
  document.addEventListener("visibilitychange", followTicket);
}
