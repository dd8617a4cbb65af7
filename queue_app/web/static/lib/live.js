/**
 * A screen that follows the hall: whole snapshots over a websocket that heals by itself, or asked
 * for every few seconds where something on the way lets no websocket through.
 *
 * A snapshot that is older than the last one shown is dropped; any frame is a heartbeat. `shown`:
 * the `version` and `epoch` of what the page shows from the start, if it says them.
 * `onStale` is called once when nothing came for `staleAfterMs`, or the connection has been
 * gone for some seconds; `onFresh` once when snapshots come again. Where the server refuses it is
 * not asked again: `onRefused` says so, by default in a bar.
 *
 * While all is well, or `onStale` has said what is not, the document hears "alive" every half
 * second. After an error of the page it hears nothing until a snapshot was shown without one, and
 * the guard (guard.js) says what the page cannot.
 */

import { byId, el } from "./dom.js";
import { Polling } from "./polling.js";
import { isOlder } from "./versions.js";
import { texts } from "./words.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5000;
const GONE_AFTER_MS = 3500;
const SUSPICIOUS_AFTER_MS = 6000;
const TICK_MS = 500;
const REFUSALS = [4403, 4404];

/** So many tries without a frame, or so long without one, and snapshots are asked for. */
const TRIES = 3;
const ASK_AFTER_MS = 6000;
/** Where only asking works, a websocket is tried again now and then, and given so much time. */
const BLOCKED_DELAY_MS = 20_000;
const HANGS_AFTER_MS = 10_000;

export function connect(
  url,
  {
    onSnapshot,
    onStale = null,
    onFresh = () => {},
    onRefused = sayRefused,
    shown = null,
    staleAfterMs = 9000,
  },
) {
  const address = new URL(url, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  let socket = null;
  let attempts = 0;
  let triedAt = 0;
  let retry = 0;
  let stale = false;
  let broken = false;
  let closed = false;
  let heardAt = performance.now();
  let goneAt = heardAt;

  const polling = new Polling(url, {
    known: () => (stale || broken ? null : shown),
    onSnapshot: take,
    onSame: () => (heardAt = performance.now()),
    onRefused: end,
  });

  function open() {
    clearTimeout(retry);
    retry = 0;
    triedAt = performance.now();
    try {
      follow(new WebSocket(address));
    } catch {
      lose(); // a browser that may not open any
    }
  }

  function follow(fresh) {
    socket = fresh;
    fresh.onmessage = ({ data }) => socket === fresh && hear(data);
    fresh.onclose = ({ code }) => socket === fresh && (REFUSALS.includes(code) ? end() : lose());
  }

  function hear(data) {
    goneAt = null;
    attempts = 0;
    polling.stop();
    take(JSON.parse(data));
  }

  function take(snapshot) {
    heardAt = performance.now();
    const silent = stale;
    stale = false;
    // After a silence the server is believed, whatever it counts from.
    if (silent) shown = null;
    attempt(() => {
      if (silent) onFresh();
      if (typeof snapshot.version !== "number" || (shown && isOlder(snapshot, shown))) return;
      shown = snapshot;
      onSnapshot(snapshot);
    });
  }

  /** What the page does with what it hears; an error of it is the guard's to tell. */
  function attempt(work) {
    broken = true;
    work();
    broken = false;
  }

  function lose() {
    socket = null;
    goneAt ??= performance.now();
    if (closed || retry) return;
    attempts += 1;
    if (attempts >= TRIES) polling.start();
    retry = setTimeout(open, delay());
  }

  function delay() {
    if (polling.hasWorkedSince(triedAt)) return BLOCKED_DELAY_MS * (1 + Math.random());
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
    return Math.max(FIRST_DELAY_MS, ceiling * Math.random());
  }

  function end() {
    close();
    onRefused();
  }

  function reopen() {
    const old = socket;
    socket = null;
    old?.close();
    goneAt ??= performance.now();
    open();
  }

  function watch() {
    const now = performance.now();
    const gone = goneAt !== null && !polling.works ? now - Math.max(goneAt, heardAt) : 0;
    const silent = now - heardAt > staleAfterMs;
    if (gone > ASK_AFTER_MS) polling.start();
    if ((silent || gone > GONE_AFTER_MS) && !stale) {
      stale = true;
      attempt(() => onStale?.());
    }
    // A connection that is silent though it looks open (sleep, changed network) is replaced.
    if (silent && socket) {
      heardAt = now;
      reopen();
    }
    if (polling.works && socket && now - triedAt > HANGS_AFTER_MS) socket.close();
    if (!broken && (!stale || onStale)) document.dispatchEvent(new Event("alive"));
  }

  function wake() {
    if (closed || document.visibilityState === "hidden") return;
    if (!socket || performance.now() - heardAt > SUSPICIOUS_AFTER_MS) reopen();
    watch();
  }

  const timer = setInterval(watch, TICK_MS);
  addEventListener("online", wake);
  addEventListener("pageshow", wake);
  document.addEventListener("visibilitychange", wake);
  open();

  function close() {
    closed = true;
    clearInterval(timer);
    clearTimeout(retry);
    polling.stop();
    removeEventListener("online", wake);
    removeEventListener("pageshow", wake);
    document.removeEventListener("visibilitychange", wake);
    socket?.close();
  }

  return { close };
}

/** The page is no longer kept up to date, and only loading it anew tells why. */
function sayRefused() {
  const t = texts();
  const again = el("a", { href: location.href, text: t.again });
  byId("main").prepend(el("p", { class: "stale refused", role: "alert" }, t.refused, " ", again));
}
