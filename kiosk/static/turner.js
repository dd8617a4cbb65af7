/** Where a screen is longer than its panel, as with larger text, it is turned by two buttons:
 * nobody has to know that a finger can drag it. */

import { allow, byId } from "/static/web/lib/dom.js";

const SHARE = 0.8;

const place = document.querySelector(".screens");
const turner = byId("turner");

export function watchLength() {
  const lengths = new ResizeObserver(look);
  lengths.observe(place);
  lengths.observe(place.firstElementChild);
  place.addEventListener("scroll", showEnds, { passive: true });
  look();
}

/** By most of what is seen; `way`: -1 up, 1 down. */
export function turn(way) {
  place.scrollBy({ top: way * SHARE * place.clientHeight });
}

export function toTop() {
  place.scrollTop = 0;
}

/** Whether all of it would be seen without the buttons, too. */
function look() {
  const room = place.clientHeight + turner.offsetHeight;
  turner.hidden = place.firstElementChild.scrollHeight <= room + 1;
  showEnds();
}

function showEnds() {
  const [up, down] = turner.querySelectorAll("button");
  allow(up, place.scrollTop > 1);
  allow(down, place.scrollTop + place.clientHeight < place.scrollHeight - 1);
}
