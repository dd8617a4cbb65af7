/**
 * What is called out, derived from snapshots alone: a lost frame or a reconnect loses nothing,
 * a reload repeats nothing.
 *
 * A call is new when this screen has not shown this ticket with this `called_at`, or not with
 * this many `calls`. Each new one has the main place for `holdMs`, one after the other, or until
 * the person has come, but never so short that its chime or its voice is cut off. Who comes before
 * their turn, or whose call was taken back, is passed over. A call that is older than a minute when
 * its turn comes is shown, but late: it is not said aloud any more.
 */

import { besides, fill, texts } from "/static/web/lib/words.js";

const CHIME_MS = 2500;
const REMEMBERED_MS = 120000;
const LATE_MS = 60000;

export class CallOuts {
  /**
   * `show(call, isNew, isLate)`: put this call, or null for none, into the main place; what it gives
   * back for a new one is waited for before the next. `age(call)`: milliseconds since the call.
   */
  constructor({ name, holdMs, show, age = () => 0 }) {
    this.name = `callouts:${name}`;
    this.holdMs = holdMs;
    this.show = show;
    this.age = age;
    [this.seen, this.lookedAt] = recall(this.name);
    this.line = new Map();
    this.present = new Map();
    this.newest = null;
    this.main = null;
    this.since = -Infinity;
    this.isSaying = false;
    this.timer = 0;
  }

  /** `called`: the people at desks, newest first. */
  see(called) {
    const first = this.seen === null;
    this.present = new Map(called.map((call) => [call.ticket, call]));
    this.newest = called[0] ?? null;
    const fresh = called.filter((call) => call.state === "called" && isNew(call, this.seen?.get(call.ticket)));
    if (!first) for (const call of fresh.reverse()) this.line.set(call.ticket, this.calledAt(call));
    this.seen = new Map(called.map((call) => [call.ticket, [call.called_at, call.calls]]));
    this.lookedAt = performance.now();
    remember(this.name, this.seen);
    this.advance();
  }

  /** Of a call that is repeated no more is known than that it was not when this screen last looked. */
  calledAt(call) {
    const isAgain = this.seen?.get(call.ticket)?.[0] === call.called_at;
    return isAgain ? this.lookedAt : performance.now() - this.age(call);
  }

  advance() {
    const left = this.holdLeft();
    const next = left > 0 ? null : this.next();
    if (next) {
      this.main = next.call.ticket;
      this.since = performance.now();
    }
    clearTimeout(this.timer);
    if (this.line.size && !this.isSaying) {
      this.timer = setTimeout(() => this.advance(), (next ? this.holdMs : left) + 20);
    }
    const shown = this.present.get(this.main) ?? this.newest;
    this.main = shown?.ticket ?? null;
    this.wait(this.show(shown, next !== null, next?.isLate ?? false));
  }

  /** Until it is said, nobody else is called out. */
  wait(said) {
    if (!said) return;
    this.isSaying = true;
    said
      .catch((error) => console.error(error))
      .finally(() => {
        this.isSaying = false;
        this.advance();
      });
  }

  /** Milliseconds for which the main place is not free for the next one in line. */
  holdLeft() {
    if (this.isSaying) return Infinity;
    const call = this.present.get(this.main);
    const hold = call?.state === "called" ? this.holdMs : Math.min(this.holdMs, CHIME_MS);
    return call ? this.since + hold - performance.now() : 0;
  }

  next() {
    for (const [ticket, at] of this.line) {
      this.line.delete(ticket);
      const call = this.present.get(ticket);
      if (call?.state === "called") return { call, isLate: performance.now() - at > LATE_MS };
    }
    return null;
  }
}

function isNew(call, seen) {
  return !seen || seen[0] !== call.called_at || call.calls > seen[1];
}

function remember(name, seen) {
  try {
    sessionStorage.setItem(name, JSON.stringify({ at: Date.now(), seen: [...seen] }));
  } catch {
    // Storage is switched off: a reload is then like the first load, silent.
  }
}

/** What this screen showed before a reload, and when; null when it is not known or too long ago. */
function recall(name) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name));
    const passed = Date.now() - kept.at;
    if (passed < REMEMBERED_MS) return [new Map(kept.seen), performance.now() - passed];
  } catch {
    // As when nothing is kept.
  }
  return [null, -Infinity];
}

/** For screen readers, in each language of the screen. */
export function sayCall(call) {
  besides("#announcement", (code) => fill(texts(code).said, call));
}
