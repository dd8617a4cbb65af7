/** The desk as it was last heard of, and whether a verb of the clerk's is under way. */

import { known } from "./hall.js";
import { callable, isWhole } from "./stops.js";

const SETTLE_MS = 500;

export const state = {
  screen: known.snapshot,
  busy: false,
  settledAt: 0,
  calledAt: -Infinity,
};

/** A press that was meant for the last action must not become the next one. */
export function settle() {
  state.settledAt = performance.now() + SETTLE_MS;
}

export const isSettled = () => performance.now() >= state.settledAt;

/** called, serving, paused, interrupted, free, empty, or away: the desk is not this clerk's. */
export function modeOf(screen = state.screen) {
  if (screen.desk.staff_id !== known.staff) return "away";
  if (screen.current) return screen.current.state;
  if (screen.desk.state === "paused") return "paused";
  if (isWhole(screen.interruption)) return "interrupted";
  return callable(screen).length ? "free" : "empty";
}
