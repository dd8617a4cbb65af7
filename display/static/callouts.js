/**
 * What is called out, derived from snapshots alone: a lost frame or a reconnect loses nothing,
 * a reload repeats nothing.
 *
 * A call is new when this screen has not shown this ticket with this `called_at`, or not with
 * this many `calls`. Each new one has the main place for `holdMs`, one after the other, or until
 * the person has come, but never so short that the chime is cut off. Who comes before their
 * turn, or whose call was taken back, is passed over.
 */

import { besides, fill, texts } from "/static/web/lib/words.js";

const CHIME_MS = 2500;
const REMEMBERED_MS = 120000;

export class CallOuts {
  /** `show(call, isNew)`: put this call, or null for none, into the main place. */
  constructor({ name, holdMs, show }) {
    this.name = `callouts:${name}`;
    this.holdMs = holdMs;
    this.show = show;
    this.seen = recall(this.name);
    this.line = [];
    this.present = new Map();
    this.newest = null;
    this.main = null;
    this.since = -Infinity;
    this.timer = 0;
  }

  /** `called`: the people at desks, newest first. */
  see(called) {
    const first = this.seen === null;
    this.present = new Map(called.map((call) => [call.ticket, call]));
    this.newest = called[0] ?? null;
    const fresh = called.filter((call) => call.state === "called" && isNew(call, this.seen?.get(call.ticket)));
    if (!first) this.queue(fresh.reverse());
    this.seen = new Map(called.map((call) => [call.ticket, [call.called_at, call.calls]]));
    remember(this.name, this.seen);
    this.advance();
  }

  queue(calls) {
    for (const { ticket } of calls) if (!this.line.includes(ticket)) this.line.push(ticket);
  }

  advance() {
    const left = this.holdLeft();
    const next = left > 0 ? null : this.next();
    if (next) {
      this.main = next.ticket;
      this.since = performance.now();
    }
    clearTimeout(this.timer);
    if (this.line.length) this.timer = setTimeout(() => this.advance(), (next ? this.holdMs : left) + 20);
    const shown = this.present.get(this.main) ?? this.newest;
    this.main = shown?.ticket ?? null;
    this.show(shown, next !== null);
  }

  /** Milliseconds for which the main place is not free for the next one in line. */
  holdLeft() {
    const call = this.present.get(this.main);
    const hold = call?.state === "called" ? this.holdMs : Math.min(this.holdMs, CHIME_MS);
    return call ? this.since + hold - performance.now() : 0;
  }

  next() {
    while (this.line.length) {
      const call = this.present.get(this.line.shift());
      if (call?.state === "called") return call;
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

/** What this screen showed before a reload; null when it is not known or too long ago. */
function recall(name) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name));
    return Date.now() - kept.at < REMEMBERED_MS ? new Map(kept.seen) : null;
  } catch {
    return null;
  }
}

/** For screen readers, in each language of the screen. */
export function sayCall(call) {
  besides("#announcement", (code) => fill(texts(code).said, call));
}
