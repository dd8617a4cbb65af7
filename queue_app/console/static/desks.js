/** The list of desks as the hall has it now: whoever has no desk watches it, too. */

import { connect } from "/static/web/live.js";
import { texts } from "/static/web/texts.js";

const page = `/console?branch=${texts().branch}`;
const main = document.querySelector("main");
let shown = null;
let drawn = null;

function onSnapshot({ interruption, desks, waiting }) {
  shown = JSON.stringify([interruption, desks, waiting]);
  drawn ??= shown;
  redraw();
}

/** Not while somebody answers a question of it. */
async function redraw() {
  if (drawn === shown || main.querySelector("details[open]")) return;
  drawn = shown;
  const answer = await fetch(page).catch(() => null);
  if (answer?.redirected) return location.reload();
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.form?.getAttribute("action");
  main.replaceChildren(...fresh.querySelector("main").childNodes);
  if (focused) main.querySelector(`form[action="${focused}"] button`)?.focus();
}

main.addEventListener("toggle", redraw, true);
connect(`/ws/branches/${texts().branch}/board`, { onSnapshot });
