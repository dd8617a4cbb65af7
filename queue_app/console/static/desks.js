/** The list of desks as the hall has it now: whoever has no desk watches it, too. */

import { byId } from "/static/web/lib/dom.js";
import { connect } from "/static/web/lib/live.js";
import { keepStill } from "/static/web/lib/still.js";
import { isNewer } from "/static/web/lib/versions.js";
import { facts } from "/static/web/lib/words.js";

const known = facts();
const main = document.querySelector("main");
let shown = null;
let drawn = null;
let turn = 0;
let asFetched = main.innerHTML;

/** So often the list is fetched in any case: of devices that are away no board tells. */
const AGAIN_MS = 20_000;

function onSnapshot(snapshot) {
  shown = JSON.stringify([snapshot.interruption, snapshot.desks, snapshot.waiting]);
  if (drawn === null && !isNewer(snapshot, known)) drawn = shown;
  redraw();
}

/** Not while somebody answers a question of it; what could not be fetched, with the next snapshot. */
async function redraw() {
  if (drawn === shown || main.querySelector("details[open]")) return;
  drawn = shown;
  const mine = ++turn;
  const answer = await fetch(`/console?branch=${known.branch}`).catch(() => null);
  if (answer?.redirected) return location.reload();
  const page = answer?.ok ? await answer.text() : null;
  if (mine !== turn) return;
  if (page === null) drawn = "";
  else keepStill(() => fill(new DOMParser().parseFromString(page, "text/html")));
}

function fill(fresh) {
  if (fresh.querySelector("main").innerHTML === asFetched) return;
  asFetched = fresh.querySelector("main").innerHTML;
  const focused = document.activeElement?.form?.getAttribute("action");
  main.replaceChildren(...fresh.querySelector("main").childNodes);
  if (focused) main.querySelector(`form[action="${focused}"] button`)?.focus({ preventScroll: true });
}

main.addEventListener("toggle", redraw, true);
setInterval(() => {
  drawn = "";
  redraw();
}, AGAIN_MS);
connect(`/ws/branches/${known.branch}/board`, {
  onSnapshot,
  shown: known,
  onStale: () => (byId("stale").hidden = false),
  onFresh: () => (byId("stale").hidden = true),
});
