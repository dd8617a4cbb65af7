/** A field that leaves of a list of services those with its words in their titles. */

import { keepEnter } from "/static/web/lib/keys.js";

const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/gu;

export function offerSearch(search, list) {
  search.value = "";
  filter(list, "");
  search.oninput = () => filter(list, search.value);
  keepEnter(search);
}

/** Shows the services whose titles hold every word; chosen ones always. */
function filter(list, text) {
  const words = text.toLowerCase().split(BETWEEN_WORDS).filter(Boolean);
  let found = false;
  for (const group of list.querySelectorAll(".services-group")) {
    let any = false;
    for (const choice of group.querySelectorAll(".choice")) {
      const title = choice.textContent.toLowerCase();
      choice.hidden =
        !choice.querySelector("input").checked && !words.every((word) => title.includes(word));
      any ||= !choice.hidden;
    }
    group.hidden = !any;
    found ||= any;
  }
  list.querySelector("[data-none]").hidden = found;
}
