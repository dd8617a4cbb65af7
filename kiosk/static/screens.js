/** One screen at a time, and the way back through those that were seen. */

const all = new Map(
  [...document.querySelectorAll("[data-screen]")].map((one) => [one.dataset.screen, one]),
);
const path = [];
let onShow = () => {};

/** `callback` is called with the name of each screen that comes up. */
export function watch(callback) {
  onShow = callback;
}

export function current() {
  return path[path.length - 1];
}

export function section() {
  return all.get(current());
}

/** Show a screen; `back()` returns to the one before. */
export function go(name) {
  if (current() === name) return;
  path.push(name);
  show();
}

/** Show a screen as if nothing had been seen before. */
export function begin(name) {
  path.length = 0;
  go(name);
}

/** Return to the screen before this one; false where there is none but a beginning. */
export function back() {
  if (path.length <= 2) return false;
  path.pop();
  show();
  return true;
}

/** Return to the last visit of that screen, or show it anew. */
export function backTo(name) {
  const place = path.lastIndexOf(name);
  if (place < 0) return go(name);
  path.length = place + 1;
  show();
}

/** The screen's heading takes the focus, so that it is read out and Tab goes on from there. */
function show() {
  for (const [name, one] of all) one.hidden = name !== current();
  scrollTo(0, 0);
  toHeading();
  onShow(current());
}

export function toHeading() {
  section().querySelector("h1").focus({ preventScroll: true });
}
