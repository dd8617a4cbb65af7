/**
 * What is called out, derived from snapshots alone: a lost frame or a reconnect loses nothing,
 * a reload repeats nothing.
 *
 * A call is new when this screen has not shown this ticket with this `called_at`, or not with
 * this many `calls`. Each new one has the main place for `holdMs`, one after the other, or until
 * the person has come, but never so short that its chime or its voice is cut off; while others wait
 * for their turn, only until it is said. Who comes before their turn, or whose call was taken back,
 * is passed over, and what is being said of a call that is taken back is broken off. A call that is
 * older than a minute when its turn comes is shown, but late: it is not said aloud any more.
 */

import { besides, fill, texts } from "/static/web/lib/words.js";

const CHIME_MS = 2500;
/** So long each of several stands at least, whether or not it is said. */
const IN_A_ROW_MS = 3000;
const REMEMBERED_MS = 120000;
const LATE_MS = 60000;

export class CallOuts {
  /**
   * `show(call, isNew, isLate)`: put this call, or null for none, into the main place; what it gives
   * back for a new one is waited for before the next. `age(call)`: milliseconds since the call.
   * `prepare(call)`: it is the next one; `breakOff(ticket)`: its call was taken back.
   */
  constructor({ name, holdMs, show, age = () => 0, prepare = () => {}, breakOff = () => {} }) {
    this.name = `callouts:${name}`;
    this.holdMs = holdMs;
    this.show = show;
    this.age = age;
    this.prepare = prepare;
    this.breakOff = breakOff;
    [this.seen, this.lookedAt] = recall(this.name);
    this.line = new Map();
    this.present = new Map();
    this.newest = null;
    this.main = null;
    this.since = -Infinity;
    /** The call that is being said. */
    this.said = null;
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
    if (this.said && !this.stands(this.said)) this.breakOff(this.said.ticket);
    this.advance();
  }

  /** Whether somebody is at that desk by that call, so that it may be said to its end. */
  stands({ ticket, called_at: calledAt, desk }) {
    const now = this.present.get(ticket);
    return now?.called_at === calledAt && now.desk === desk;
  }

  /** Whether others wait for their turn. */
  get inARow() {
    return this.line.size > 0;
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
    if (this.line.size && !this.said) {
      const pause = next ? Math.min(this.holdMs, IN_A_ROW_MS) : left;
      this.timer = setTimeout(() => this.advance(), pause + 20);
    }
    const shown = this.present.get(this.main) ?? this.newest;
    this.main = shown?.ticket ?? null;
    this.wait(shown, this.show(shown, next !== null, next?.isLate ?? false));
    const [following] = this.line.keys();
    if (this.present.has(following)) this.prepare(this.present.get(following));
  }

  /** Until it is said, nobody else is called out. */
  wait(call, said) {
    if (!said) return;
    this.said = call;
    said
      .catch((error) => console.error(error))
      .finally(() => {
        this.said = null;
        this.advance();
      });
  }

  /** Milliseconds for which the main place is not free for the next one in line. */
  holdLeft() {
    if (this.said) return Infinity;
    const call = this.present.get(this.main);
    const usual = this.inARow ? Math.min(this.holdMs, IN_A_ROW_MS) : this.holdMs;
    const hold = call?.state === "called" ? usual : Math.min(usual, CHIME_MS);
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
