/** What one is at keeps its place in the window, whatever changes above it. */

/**
 * Runs `change`, which may exchange what has the focus and hand it on. The browser alone does not
 * keep the place where what it would hold on to is itself exchanged.
 *
 * At the page's top what is new there is to be seen as well: there it gives way as far as the
 * window reaches.
 */
export function keepStill(change) {
  const before = place(document.activeElement);
  change();
  const at = document.activeElement;
  const after = place(at);
  if (!isSeen(before) || !after || after.top === before.top) return;
  if (scrollY === 0) at.scrollIntoView({ block: "nearest" });
  else scrollBy({ top: after.top - before.top, behavior: "instant" });
}

const place = (at) => (at && at !== document.body ? (at.getClientRects()[0] ?? null) : null);
const isSeen = (at) => at !== null && at.bottom > 0 && at.top < innerHeight;
