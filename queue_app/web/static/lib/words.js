/**
 * What the page says: words from `texts()` of its template, by language, so that a page which
 * has several changes between them without the network.
 */

import { put } from "./dom.js";

const tables = given("texts");
const said = new Map();
const named = new Map();

/** What the template knows for its script beside the words: its `facts()`. */
export const facts = () => given("facts");

function given(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}

export function language() {
  return document.documentElement.lang;
}

/** The words in the language of the page, or in another that the page has, too. */
export function texts(code = language()) {
  return tables[code];
}

/**
 * Where languages stand side by side in `place`, each gets `text(code)`. What a language lacks is
 * said in another: it does not stand there twice.
 */
export function besides(place, text) {
  const said = new Set();
  for (const one of document.querySelectorAll(`${place} [lang]`)) {
    const own = text(one.lang);
    put(one, said.has(own) ? "" : own);
    said.add(own);
  }
}

/** `fill("%(n)s people", { n: 5 })` */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name) => String(values[name] ?? whole));
}

/** The right plural of `forms` (from `Words.forms`), with its number filled in. */
export function plural(forms, n, values = {}) {
  const { plurals } = texts();
  const form = plurals[n < plurals.length ? n : 100 + (n % 100)];
  return fill(forms[form], { n, ...values });
}

/** Put `text(texts())` into the element, now and at every change of language. */
export function say(element, text) {
  said.set(element, text);
  element.textContent = text(texts());
}

/** The same for the name that a screen reader says. */
export function name(element, text) {
  named.set(element, text);
  element.setAttribute("aria-label", text(texts()));
}

export function unsay(element) {
  said.delete(element);
  element.textContent = "";
}

/** The whole page in another language: its stylesheet shows the texts that stand there in it. */
export function speak(code) {
  document.documentElement.lang = code;
  document.documentElement.dir = texts().direction;
  document.documentElement.dataset.place = Object.keys(tables).indexOf(code) + 1;
  for (const [element, text] of said) element.textContent = text(texts());
  for (const [element, text] of named) element.setAttribute("aria-label", text(texts()));
}
