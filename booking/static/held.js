// How long the time is still held. The server's clock counts, not the phone's.
import { byId } from "/static/web/lib/dom.js";
import { stopwatch } from "/static/web/lib/formats.js";
import { fill, plural, texts } from "/static/web/lib/words.js";
import { showHeld } from "./tab.js";

const t = texts();
const held = byId("held");
const left = byId("left");
const said = byId("left-said");
const total = Date.parse(held.dataset.heldUntil) - Date.parse(held.dataset.now);
const ends = performance.now() + total;
const SAY_AT = [5, 2, 1];
let saidMinutes = null;

function show() {
  const seconds = Math.ceil((ends - performance.now()) / 1000);
  if (seconds <= 0) {
    clearInterval(timer);
    location.replace(location.pathname);
    return;
  }
  left.textContent = fill(t.left, { time: stopwatch(seconds) });
  left.hidden = false;
  held.classList.toggle("held-soon", seconds <= 120);
  const minutes = Math.ceil(seconds / 60);
  if (SAY_AT.includes(minutes) && minutes !== saidMinutes) {
    saidMinutes = minutes;
    said.textContent = plural(t.minutes, minutes);
  }
}

const timer = setInterval(show, 1000);
show();
showHeld(location.pathname.split("/")[2]);
// A page that comes back from the browser's memory may be older than its numbers.
addEventListener("pageshow", (event) => event.persisted && location.reload());
