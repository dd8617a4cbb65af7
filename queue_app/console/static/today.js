/** The day's list follows the hall and what is typed; what somebody is at stays as it is. */

import { byId } from "/static/web/lib/dom.js";
import { isShortcut } from "/static/web/lib/keys.js";
import { connect } from "/static/web/lib/live.js";
import { facts } from "/static/web/lib/words.js";

const AGAIN_MS = 20_000;
const PAUSE_MS = 200;

const known = facts();
const search = byId("q");
let turn = 0;
let timer = 0;
let late = false;

const address = () => {
  const url = new URL(location.href);
  for (const done of ["said", "number", "link"]) url.searchParams.delete(done);
  if (search.value.trim()) url.searchParams.set("q", search.value.trim());
  else url.searchParams.delete("q");
  return url;
};

/** Whether somebody answers a question of it, or is on one of its buttons. */
const isBusy = () =>
  byId("list").querySelector("details[open]") || byId("list").contains(document.activeElement);

async function redraw({ asked = false } = {}) {
  if (!asked && isBusy()) {
    late = true;
    return;
  }
  late = false;
  const mine = ++turn;
  const url = address();
  const answer = await fetch(url).catch(() => null);
  if (answer?.redirected) return location.reload();
  if (!answer?.ok || mine !== turn) return undefined;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== turn) return undefined;
  byId("at-own-desk").dataset.number = page.getElementById("at-own-desk").dataset.number;
  const fresh = page.getElementById("list");
  if (!asked && isBusy()) return undefined;
  if (asked) history.replaceState(null, "", url);
  if (fresh.innerHTML !== byId("list").innerHTML) byId("list").replaceWith(fresh);
  return undefined;
}

function soon(options) {
  clearTimeout(timer);
  timer = setTimeout(() => redraw(options), PAUSE_MS);
}

search.addEventListener("input", () => soon({ asked: true }));
search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  redraw({ asked: true }).then(() => byId("list").querySelector(".day-do .button")?.focus());
});
document.addEventListener("focusout", () => late && soon());
document.addEventListener("keydown", (event) => {
  if (isShortcut(event) || event.target.closest("input, textarea, select")) return;
  if (event.key === "/" || event.key === ".") {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !byId("list").querySelector("details[open]")) byId("back").click();
});

setInterval(redraw, AGAIN_MS);
connect(`/ws/branches/${known.branch}/board`, {
  onSnapshot: () => soon(),
  shown: null,
  onStale: () => (byId("stale").hidden = false),
  onFresh: () => {
    byId("stale").hidden = true;
    soon();
  },
});
