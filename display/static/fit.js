/** A number or the name of a desk with more letters than its place has room for is made smaller. */

const TRIES = 8;
/** A desk's name gives way to the number beside it, down to this size; then both do. */
const SMALLEST_DESK = 0.3;

/** Sets `--fit`, by which the stylesheet multiplies the size of the letters in `box`; `desk`: what
 * in it is made smaller first, by `--fit-desk`. */
export function fit(box, desk = null) {
  box.style.setProperty("--fit", "1");
  if (desk) shrink(box, desk, "--fit-desk", SMALLEST_DESK);
  shrink(box, box, "--fit", 0);
}

function shrink(box, part, name, smallest) {
  let size = 1;
  for (let turn = 0; turn < TRIES; turn += 1) {
    part.style.setProperty(name, String(size));
    const over = filled(box);
    if (over <= 1 || size === smallest) return;
    size = Math.max(smallest, (size * 0.98) / over);
  }
}

/** How much of its room is taken by what stands in `box`, or in a part of it; a pulse around it
 * takes none. */
function filled(box) {
  const parts = [...box.children].filter((one) => one.clientWidth);
  return Math.max(taken(box), ...parts.map((one) => one.scrollWidth / one.clientWidth));
}

function taken(box) {
  const shown = [...box.children].filter((one) => one.getClientRects().length);
  const placed = shown.map((one) => one.getBoundingClientRect());
  const width =
    Math.max(...placed.map((one) => one.right)) - Math.min(...placed.map((one) => one.left));
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return width / (box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight));
}
