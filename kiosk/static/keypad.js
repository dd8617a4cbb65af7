/** The six digits of a booking, typed on the screen or on a keyboard. */

import { byId } from "/static/web/lib/dom.js";
import { plural, say, unsay } from "/static/web/lib/words.js";

const LENGTH = 6;

const boxes = document.querySelectorAll("#code-digits > span");
const said = byId("code-said");
const hint = byId("code-hint");

let digits = "";

export function code() {
  return digits;
}

export function isWhole() {
  return digits.length === LENGTH;
}

export function enter(digit) {
  if (digits.length < LENGTH) set(digits + digit);
}

export function deleteLast() {
  set(digits.slice(0, -1));
}

export function set(text) {
  digits = text;
  boxes.forEach((box, place) => {
    box.textContent = digits[place] ?? "";
    box.classList.toggle("code-next", place === digits.length);
  });
  hint.hidden = true;
  if (digits) say(said, (t) => plural(t.digits, digits.length));
  else unsay(said);
}

/** Say what is missing. */
export function askForAll() {
  say(hint, (t) => t.six_needed);
  hint.hidden = false;
}
