/**
 * What visitors of this kiosk wished for, kept until it is settled: a reload, or a browser that was
 * ended, must not leave a ticket that nobody has.
 *
 * A wish is its request with the key, before it is sent, and no more: no number, no name. Beside it:
 * `at`, when it came; `language`; `left`, for how many seconds its ticket was still to be shown at
 * `seenAt`, `held` if somebody stopped the countdown; `unwanted`, once its visitor has gone.
 */

import { keyOf } from "./delivery.js";
import { known } from "./times.js";

const NAME = `wishes:${known.branch}`;
/** The server knows a key for a day; after some hours nobody waits for the ticket any more. */
const KEPT_MS = 6 * 3_600_000;

let inMemory = [];

export function all() {
  const since = Date.now() - KEPT_MS;
  return read().filter((one) => one.at > since);
}

/** Keep a wish before it is sent; one that is sent again stays as it is. */
export function keep(wish, facts) {
  const others = all();
  if (others.some((one) => isSame(one, wish))) return;
  write([...others, { wish, at: Date.now(), ...facts }]);
}

export function note(wish, facts) {
  write(all().map((one) => (isSame(one, wish) ? { ...one, ...facts } : one)));
}

export function settle(wish) {
  write(all().filter((one) => !isSame(one, wish)));
}

const isSame = (one, wish) => keyOf(one.wish) === keyOf(wish);

function read() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? [];
  } catch {
    return inMemory;
  }
}

function write(wishes) {
  inMemory = wishes;
  try {
    if (wishes.length) localStorage.setItem(NAME, JSON.stringify(wishes));
    else localStorage.removeItem(NAME);
  } catch {
    // Storage is switched off: a reload forgets what was wished.
  }
}
