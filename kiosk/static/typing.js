/** One's own words by large letters, and the services that the search finds for them. */

import { byId } from "/static/web/lib/dom.js";
import { ask } from "/static/web/lib/requests.js";
import { language, say, unsay } from "/static/web/lib/words.js";
import * as visit from "./visit.js";

const LONGEST = 60;
const MOST_FOUND = 4;
const WITHIN_MS = 4_000;

const words = byId("typed-words");
const alphabets = [...document.querySelectorAll("[data-letters]")];
const next = [...document.querySelectorAll("[data-next]")];
const list = byId("typed-found");
const more = list.lastElementChild;

let typed = "";
let alphabet = 0;

export const question = () => typed.trim();

export function type(letter) {
  set((typed + letter.toLocaleLowerCase()).slice(0, LONGEST));
}

export function deleteLast() {
  set(typed.slice(0, -1));
}

/** As it is for the next visitor, with the letters of the page's language. */
export function clear() {
  set("");
  byId("typed-over").textContent = "";
  showFound([]);
  const own = alphabets.findIndex((one) => one.dataset.letters.split(" ").includes(language()));
  showAlphabet(Math.max(0, own));
}

export function otherAlphabet() {
  showAlphabet((alphabet + 1) % alphabets.length);
}

/** Where there is no room for all letters at once, the other half of them. */
export function otherHalf() {
  byId("typing").classList.toggle("typing-second");
}

/** Shows what fits best first; says so where that is nothing, or only a guess. False where another
 * question stands there by the time of the answer. */
export async function find() {
  const asked = question();
  const address = `/api/v1/catalogue/search?${new URLSearchParams({ q: asked })}`;
  const answer = await ask(address, { withinMs: WITHIN_MS });
  if (asked !== question()) return false;
  byId("typed-over").textContent = asked;
  const found = showFound(answer?.ok ? answer.content.results : []);
  tell(answer?.ok ? found : null);
  return true;
}

function tell(found) {
  const said = byId("typed-said");
  const isPlain = found?.length && found.every(({ sure }) => sure);
  said.hidden = Boolean(isPlain);
  if (isPlain) unsay(said);
  else say(said, (t) => (!found ? t.no_answer : found.length ? t.found_partly : t.found_nothing));
}

/** Those that are given here, as far as there is room for them. */
function showFound(results) {
  for (const button of list.querySelectorAll("[data-service]")) visit.takeBack(button);
  const here = results.map((one) => [one, visit.offerAgain(one.code)]).filter(([, one]) => one);
  for (const [, button] of here.slice(MOST_FOUND)) visit.takeBack(button);
  for (const [, button] of here.slice(0, MOST_FOUND)) more.before(button);
  return here.map(([one]) => one);
}

function set(text) {
  typed = text;
  words.textContent = typed;
}

function showAlphabet(place) {
  alphabet = place;
  alphabets.forEach((one, at) => (one.hidden = at !== place));
  next.forEach((one, at) => (one.hidden = at !== (place + 1) % alphabets.length));
}
