/**
 * The watchdog of an unattended screen: it holds the screen in a frame and opens it anew when that
 * was led away, as by a swipe back, or has not said for a while that it lives.
 */

import { byId } from "./dom.js";

const LOOK_EVERY_MS = 2000;
const SILENT_MS = 60_000;

const frame = byId("watched");
const { open } = frame.dataset;
let heardAt = performance.now();
let heardOf = null;

function look() {
  const page = content();
  if (page && page !== heardOf) {
    page.addEventListener("alive", () => (heardAt = performance.now()));
    heardOf = page;
  }
  const away = page?.readyState === "complete" && !isThere(page);
  if (away || performance.now() - heardAt > SILENT_MS) openAnew();
}

/** Null where a browser's own page about an error stands there. */
function content() {
  try {
    return frame.contentDocument;
  } catch {
    return null;
  }
}

const isThere = (page) => page.location.pathname === new URL(open, location.href).pathname;

function openAnew() {
  heardAt = performance.now();
  heardOf = null;
  frame.contentWindow.location.replace(open);
}

setInterval(look, LOOK_EVERY_MS);
