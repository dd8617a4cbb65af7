/** Whether anybody is still there. */

import { byId } from "/static/web/lib/dom.js";
import { plural, say } from "/static/web/lib/words.js";
import { countdown } from "./countdown.js";

const QUIET_MS = 40_000;
const ANSWER_SECONDS = 15;

const dialog = byId("still-here");
const left = byId("still-here-left");

/**
 * After 40 quiet seconds `onQuiet` says what to do: "ask" the visitor, who has 15 seconds to
 * answer before `onGone`; "leave" at once; or nothing.
 */
export function watchIdle({ onQuiet, onGone }) {
  let timer = 0;
  let asking = null;

  function restart() {
    clearTimeout(timer);
    timer = setTimeout(quiet, QUIET_MS);
  }

  function quiet() {
    const wish = onQuiet();
    if (wish === "leave") onGone();
    if (wish === "ask") ask();
    else restart();
  }

  function ask() {
    dialog.showModal();
    asking = countdown(ANSWER_SECONDS, {
      onTick: (n) => say(left, (t) => plural(t.start_over_in, n)),
      onEnd: onGone,
    });
  }

  /** The question is answered, or does not matter any more. */
  function settle() {
    asking?.stop();
    asking = null;
    if (dialog.open) dialog.close();
    restart();
  }

  /** Somebody is there, but who was asked is still to answer. */
  function stir() {
    if (!asking) restart();
  }

  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, stir, { capture: true });
  }
  byId("stay").addEventListener("click", settle);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    settle();
  });
  restart();
  return { settle, stir };
}
