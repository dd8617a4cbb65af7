/**
 * A keypad beside the screen, for whoever does not see or reach it: function keys (F17 to F24, and
 * F15 and F16 for the plug of headphones), those that the page's address names, as keypads have
 * tables of codes that can be changed (`?keys=F13:plugged,F14:unplugged`), or any keys with arrows,
 * Enter and figures. Keys are told apart by their place (`code`), as a system may give another name
 * to what lies beyond F12.
 */

import { isShortcut } from "/static/web/lib/keys.js";

const USUAL = {
  F15: "plugged",
  F16: "unplugged",
  F17: "help",
  F18: "up",
  ArrowUp: "up",
  ArrowLeft: "up",
  F19: "down",
  ArrowDown: "down",
  ArrowRight: "down",
  F20: "press",
  F21: "back",
  F22: "next",
  F23: "quieter",
  F24: "louder",
};
const KNOWN = new Set(Object.values(USUAL));
/** What the page's address says of this keypad goes before what is usual. */
const OWN = Object.fromEntries(
  (new URLSearchParams(location.search).get("keys") ?? "")
    .split(",")
    .map((pair) => pair.trim().split(":"))
    .filter(([, meaning]) => KNOWN.has(meaning)),
);
const MEANINGS = { ...USUAL, ...OWN };
/** Those that nobody has who sees the screen: they want to hear it. */
const tells = (code) =>
  MEANINGS[code] !== "unplugged" && (code in OWN || /^F(?:1[5-9]|2[0-4])$/.test(code));

/** `on[meaning](event)`; `onListener()`: somebody came who hears, before anything else. */
export function listenToKeypad(on, onListener) {
  document.addEventListener("keydown", (event) => {
    const meaning = MEANINGS[event.code];
    if (!meaning || isShortcut(event)) return;
    event.preventDefault();
    if (tells(event.code) && onListener()) return;
    on[meaning](event);
  });
}

/** Moves the focus among what can be pressed, from the screen's heading on and round again. */
export function step(by) {
  const places = reachable();
  const at = places.indexOf(document.activeElement);
  places.at((Math.max(at, by > 0 ? -1 : 0) + by) % places.length).focus();
}

/** The button that leads on from this screen. */
export function toPrimary() {
  const found = reachable().find((one) => one.matches(".button-primary, .home-choice-primary"));
  (found ?? reachable()[1] ?? reachable()[0]).focus();
}

/** The choice of this number, counted from one. */
export function toChoice(number) {
  const choices = reachable().filter((one) => one.matches(".choices > *, .home-choice"));
  choices[number - 1]?.focus();
}

function reachable() {
  const asked = document.querySelector("dialog[open]");
  const places = asked ? [asked] : [document.querySelector("main"), document.querySelector("footer")];
  return places
    .flatMap((place) => [...place.querySelectorAll("h1, h2[tabindex], button")])
    .filter((one) => one.checkVisibility());
}
