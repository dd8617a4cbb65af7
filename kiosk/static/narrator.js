/** Tells whoever hears the kiosk where they are: the screen that came up, the button that has the
 * focus, and what changes meanwhile. */

import { plural, texts } from "/static/web/lib/words.js";
import * as aloud from "./aloud.js";
import { textsOf, textsOfButton } from "./reading.js";
import * as screens from "./screens.js";

/** Several changes of one moment are one piece of news. */
const NEWS_MS = 250;

const news = new Set();
let timer = 0;
/** The question that has the focus: it was told. */
let answered = null;

export function begin() {
  document.addEventListener("focusin", ({ target }) => tellOf(target));
  new MutationObserver((changes) => changes.forEach(({ target }) => note(target))).observe(
    document.body,
    { subtree: true, childList: true, characterData: true, attributeFilter: ["hidden"] },
  );
}

/** Sound on or off, and what to do now. */
export function setSound(wish) {
  aloud.turnOn(wish);
  if (wish) aloud.tell([texts().aloud.welcome, ...texts().aloud.keys, ...textsOfScreen(true)]);
}

/** All of the screen once more. */
export function again() {
  aloud.tell([...textsOfScreen(true), ...texts().aloud.keys]);
}

export function tellOf(target) {
  if (!aloud.isOn()) return;
  const isNew = asked() !== null && asked() !== answered;
  answered = asked();
  if (isNew) aloud.tell([...textsOfScreen(true), ...textsOfButton(target)]);
  else if (target.matches("h1, h2")) aloud.tell(textsOfScreen(false));
  else if (target.matches("button")) aloud.tell(textsOfButton(target));
}

const asked = () => document.querySelector("dialog[open]");

/** `withNews`: with what is said of it as it comes, too. */
function textsOfScreen(withNews) {
  const place = asked() ?? screens.section();
  const isLeftOut = (node) =>
    node.matches("button") || (!withNews && node !== place && node.matches("[role=status]"));
  const choices = place.querySelectorAll(".choices > button").length;
  const said = textsOf(place, isLeftOut);
  return choices ? [...said, plural(texts().aloud.choices, choices)] : said;
}

function note(target) {
  if (!aloud.isOn()) return;
  const place = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest(
    "[role=status]",
  );
  if (!place) return;
  news.add(place);
  clearTimeout(timer);
  timer = setTimeout(tellNews, NEWS_MS);
}

function tellNews() {
  for (const place of news) if (place.checkVisibility()) aloud.add(textsOf(place));
  news.clear();
}
