/** A number or the name of a desk with more letters than its place has room for is made smaller. */

const TRIES = 6;

/** Sets `--fit`, by which the stylesheet multiplies the size of the letters in `box`. */
export function fit(box) {
  let size = 1;
  for (let turn = 0; turn < TRIES; turn += 1) {
    box.style.setProperty("--fit", String(size));
    const over = filled(box);
    if (over <= 1) return;
    size = (size * 0.98) / over;
  }
}

/** How much of its room is taken by what stands in `box`; a pulse around it takes none. */
function filled(box) {
  const placed = [...box.children].map((one) => one.getBoundingClientRect());
  const taken =
    Math.max(...placed.map((one) => one.right)) - Math.min(...placed.map((one) => one.left));
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return taken / (box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight));
}
