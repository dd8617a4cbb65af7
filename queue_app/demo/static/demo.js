// Scales every face to its screen, and follows the phone and the console of the running day.

const EVERY_MS = 1500;
const THEN_MS = 4000; // how long a finished ticket stays to be read

for (const screen of document.querySelectorAll(".screen")) {
  const frame = screen.querySelector("iframe");
  new ResizeObserver(() => {
    const scale = Math.min(screen.clientWidth / frame.width, screen.clientHeight / frame.height);
    frame.style.transform = `scale(${scale})`;
  }).observe(screen);
}

let ticket = document.getElementById("ticket").getAttribute("src");
let desk = document.getElementById("console").getAttribute("src");

async function look() {
  const answer = await fetch("/demo/state", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const now = await answer.json();
  if (now.day !== document.body.dataset.day) {
    location.reload();
    return;
  }
  if (now.console !== desk) {
    desk = now.console;
    document.getElementById("console").src = desk;
  }
  const next = now.ticket && `/t/${now.ticket}`;
  if (next && next !== ticket) {
    const first = !ticket;
    ticket = next;
    setTimeout(() => { document.getElementById("ticket").src = next; }, first ? 0 : THEN_MS);
  }
}

async function follow() {
  try {
    await look();
  } catch {
    // The server starts again for the next day; the next look finds it.
  }
  setTimeout(follow, EVERY_MS);
}

follow();
