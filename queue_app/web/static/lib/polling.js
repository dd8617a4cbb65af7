/** The second way for a live screen: its snapshot is asked for every few seconds. */

import { ask } from "./requests.js";

const EVERY_MS = 2500;
const WITHIN_MS = 5000;
/** Times move with the clock though the hall does not change: so seldom all is asked for anew. */
const WHOLE_EVERY_MS = 15_000;
const REFUSALS = [401, 403, 404];

export class Polling {
  /**
   * `url`: the websocket's. `known()`: the `version` and `epoch` that need not be sent again, or
   * null. `onSame`: nothing has changed since. `onRefused`: the server says that this may not be
   * seen, or is not there.
   */
  constructor(url, { known, onSnapshot, onSame, onRefused }) {
    this.url = url.replace("/ws/", "/api/v1/live/");
    this.callbacks = { known, onSnapshot, onSame, onRefused };
    this.running = false;
    this.timer = 0;
    this.workedSince = null;
    this.wholeAt = performance.now();
  }

  /** Whether the last question was answered. */
  get works() {
    return this.workedSince !== null;
  }

  /** Whether it has worked from that moment on: what failed meanwhile is kept out by something. */
  hasWorkedSince(moment) {
    return this.works && this.workedSince < moment;
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.turn();
  }

  stop() {
    this.running = false;
    this.workedSince = null;
    clearTimeout(this.timer);
  }

  /** One question, and the next after a while that differs from screen to screen. */
  async turn() {
    const known = performance.now() - this.wholeAt < WHOLE_EVERY_MS ? this.callbacks.known() : null;
    const query = known ? `?${new URLSearchParams({ version: known.version, epoch: known.epoch })}` : "";
    const answer = await ask(this.url + query, { cache: "no-store", withinMs: WITHIN_MS });
    if (!this.running) return;
    this.timer = setTimeout(() => this.turn(), EVERY_MS * (1 + Math.random()));
    this.hear(answer);
  }

  hear(answer) {
    const { onSnapshot, onSame, onRefused } = this.callbacks;
    const content = answer?.content;
    const isSnapshot = answer?.ok && typeof content?.version === "number";
    // Something on the way may refuse, too, but without a code of ours.
    if (REFUSALS.includes(answer?.status) && content?.code) return onRefused();
    if (answer?.status !== 204 && !isSnapshot) return (this.workedSince = null);
    this.workedSince ??= performance.now();
    if (!isSnapshot) return onSame();
    this.wholeAt = performance.now();
    return onSnapshot(content);
  }
}
