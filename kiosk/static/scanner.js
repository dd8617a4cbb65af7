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
 * The six digits of a booking in what was scanned: the bare code, "QA:123456", or an address
 * that carries it as `code` or at its end. Null for anything else. Letters do not count: a
 * scanner on a Ukrainian keyboard layout types others.
 */
export function codeIn(text) {
  const found = /[?&#]code=(\d{6})(?!\d)/.exec(text) ?? /(?:^|\D)(\d{6})\D?$/.exec(text.trim());
  return found ? found[1] : null;
}
