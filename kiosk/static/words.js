/** What the screen says, in the language of the visitor, and what it says anew when that changes. */

import { fill, texts } from "/static/web/texts.js";

const phrases = texts();
const spoken = new Map();
const named = new Map();

export function language() {
  return document.documentElement.lang;
}

export function t() {
  return phrases[language()];
}

/** Put `text(phrases)` into the element, now and at every change of language. */
export function say(element, text) {
  spoken.set(element, text);
  element.textContent = text(t());
}

/** The same for the name that a screen reader says. */
export function name(element, text) {
  named.set(element, text);
  element.setAttribute("aria-label", text(t()));
}

export function unsay(element) {
  spoken.delete(element);
  element.textContent = "";
}

/** "uk" or "en": the stylesheet shows the texts of the page's language. */
export function speak(code) {
  document.documentElement.lang = code;
  for (const [element, text] of spoken) element.textContent = text(t());
  for (const [element, text] of named) element.setAttribute("aria-label", text(t()));
}

/** Both languages of a text of the centre, `{uk, en}`. */
export function both(text) {
  return ["uk", "en"].map((code) => {
    const span = document.createElement("span");
    span.className = `in-${code}`;
    span.lang = code;
    span.textContent = text[code];
    return span;
  });
}

export { fill };
