/** Ticket printers above the desk: what is to be done at which, and a reprint for whoever has none. */

import { allow, allowed, byId, el } from "/static/web/lib/dom.js";
import { fill, language, plural } from "/static/web/lib/words.js";
import { t } from "./hall.js";

const SHOWN_AT_MOST = 6;
const place = byId("paper");
let shown = "";

/** `onReprint({ ticket, number })`: it is to be printed once more. */
export function watchPaper(onReprint) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ticket]");
    if (!button || !allowed(button)) return;
    onReprint({ ticket: Number(button.dataset.ticket), number: button.dataset.number });
  });
}

/** Redrawn only where something differs, so that no button changes under the hand. */
export function showPaper({ paper }) {
  const content = JSON.stringify(paper);
  if (content === shown) return;
  shown = content;
  const { printers, unprinted } = paper;
  place.hidden = !printers.length && !unprinted.length;
  place.replaceChildren(...printers.map(banner), ...(unprinted.length ? [reprints(unprinted)] : []));
}

export function allowReprints(possible) {
  for (const button of place.querySelectorAll("button")) allow(button, possible);
}

function banner({ title, advice, prints }) {
  return el(
    "div",
    { class: "stop", "data-prints": prints },
    el(
      "p",
      { class: "stop-words" },
      el("strong", { text: `${title[language()]}.` }),
      ` ${advice[language()]}`,
    ),
  );
}

function reprints(unprinted) {
  const last = unprinted.slice(-SHOWN_AT_MOST);
  return el(
    "div",
    { class: "stop" },
    el("p", { class: "stop-words", text: plural(t.paper.unprinted, unprinted.length) }),
    el("div", { class: "stop-ways" }, ...last.map(button)),
  );
}

const button = ({ ticket, number }) =>
  el("button", {
    class: "button button-small",
    type: "button",
    "data-ticket": String(ticket),
    "data-number": number,
    text: fill(t.paper.again, { number }),
  });
