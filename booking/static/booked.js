// The link of the booking, sent to oneself the way the phone offers.
const share = document.getElementById("share");
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
  try {
    const response = await fetch(`/api/v1/appointments/${token}`);
    const visit = response.ok ? await response.json() : {};
    if (visit.ticket_token) location.replace(`/t/${visit.ticket_token}`);
  } catch {
    // No network now: asked again soon.
  }
}

if (share) {
  setInterval(followTicket, ASK_MS);
  document.addEventListener("visibilitychange", followTicket);
}
