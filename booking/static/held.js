// How long the time is still held. The server's clock counts, not the phone's.
import { byId } from "/static/web/lib/dom.js";
import { plural, texts } from "/static/web/lib/words.js";
import { showHeld } from "./tab.js";

const t = texts();
const held = byId("held");
const left = byId("left");
const said = byId("left-said");
const warned = document.getElementById("left-warned") ?? said;
const more = document.querySelector("[formaction$='/extension']");
const total = Date.parse(held.dataset.heldUntil) - Date.parse(held.dataset.now);
const ends = performance.now() + total;
const SAY_AT = [5, 1];
const WARN_AT = 2;
let shownMinutes = null;

function show() {
  const seconds = Math.ceil((ends - performance.now()) / 1000);
  if (seconds <= 0) {
    clearInterval(timer);
    over();
    return;
  }
  const minutes = Math.ceil(seconds / 60);
  if (minutes === shownMinutes) return;
  shownMinutes = minutes;
  left.textContent = minutes > 1 ? plural(t.minutes, minutes) : t.less;
  held.classList.toggle("held-soon", minutes <= WARN_AT);
  if (SAY_AT.includes(minutes)) said.textContent = left.textContent;
  // An alert is read at once, whatever else is being read.
  if (minutes === WARN_AT) warned.textContent = more ? t.ending_more : t.ending;
}

// What was typed goes along, so that it is there when the time is taken again.
function over() {
  const form = document.getElementById("details");
  if (!form) return location.replace(location.pathname);
  form.action = `${form.getAttribute("action")}/extension`;
  return form.submit();
}

const timer = setInterval(show, 1000);
show();
showHeld(location.pathname.split("/")[2]);
// A page that comes back from the browser's memory may be older than its numbers.
addEventListener("pageshow", (event) => event.persisted && location.reload());
