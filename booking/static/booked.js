import { byId } from "/static/web/lib/dom.js";
import { offerPush, passOn } from "/static/web/lib/push.js";
import { ask } from "/static/web/lib/requests.js";
import { facts, texts } from "/static/web/lib/words.js";

// The link of the booking, sent to oneself the way the phone offers.
const share = byId("share");
if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener("click", () => {
    navigator.share({ title: document.title, url: location.origin + location.pathname }).catch(() => {});
  });
}

// Copied where the browser lets a page copy, which is not over plain http.
const copy = byId("copy");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.origin + location.pathname);
    byId("copied").textContent = texts().copied;
  });
}

const print = byId("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// Once its holder has checked in at the kiosk, the booking becomes the ticket by itself. The page of
// a call stays the page of the call, and says how it stands.
const ASK_MS = 15_000;
const [, , token] = location.pathname.split("/");
const known = facts();
const pushes = `/api/v1/appointments/${token}/pushes`;

async function follow() {
  if (document.visibilityState === "hidden") return;
  if (known.ticket) return followCall(known.ticket);
  const answer = await ask(`/api/v1/appointments/${token}`, { withinMs: ASK_MS });
  const ticket = answer?.ok && answer.content.ticket_token;
  if (!ticket) return;
  if (known.call) return location.reload();
  passOn(pushes, `/api/v1/tickets/${ticket}/pushes`);
  location.replace(`/t/${ticket}`);
}

async function followCall(ticket) {
  const answer = await ask(`/api/v1/tickets/${ticket}`, { withinMs: ASK_MS });
  if (answer?.ok && answer.content.state !== known.state) location.reload();
}

if (share || known.call) {
  setInterval(follow, ASK_MS);
  document.addEventListener("visibilitychange", follow);
}

offerPush(pushes, texts().push)?.show(true);
const link = document.querySelector('a[href^="/t/"]');
if (link) passOn(pushes, `/api/v1/tickets/${link.pathname.split("/")[2]}/pushes`);
