/** A scanner that types like a keyboard: keys in quick succession, then Enter. */

import { isShortcut } from "/static/web/lib/keys.js";

const PAUSE_MS = 300;
const SHORTEST = 6;

/**
 * Calls `onScan` with what was scanned, on any screen. Whoever types a whole code that quickly
 * means the same.
 */
export function listenToScanner(onScan) {
  let scanned = "";
  let lastAt = -Infinity;

  document.addEventListener("keydown", hear, { capture: true });

  function hear(event) {
    if (isShortcut(event) || event.key === "Shift") return;
    const text = event.timeStamp - lastAt <= PAUSE_MS ? scanned : "";
    lastAt = event.timeStamp;
    scanned = event.key.length === 1 ? text + event.key : "";
    if (event.key !== "Enter" || text.length < SHORTEST) return;
    // This Enter ends a scan: it must not press the button that has the focus.
    event.preventDefault();
    event.stopImmediatePropagation();
    onScan(text);
  }
}

/**
 * What names a booking in what was scanned: the six digits of the bare code, of "QA:123456" or of
 * an address that carries them as `code`, or the whole link of a booking. Null for anything else:
 * six digits that stand in some other address may be a stranger's. Letters before the code do not
 * count: a scanner on a Ukrainian keyboard layout types others.
 */
export function codeIn(text) {
  const scanned = text.trim();
  if (/(?:^|\/)visit\/\d+-[\w-]{16,64}\/?(?:[?#].*)?$/.test(scanned)) return scanned;
  const found =
    /[?&#]code=(\d{6})(?!\d)/.exec(scanned) ?? /^[^\d/]{0,8}(\d{6})[^\d/]?$/.exec(scanned);
  return found ? found[1] : null;
}
