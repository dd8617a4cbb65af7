/**
 * A screen that follows the hall: whole snapshots over a websocket that heals by itself.
 *
 * A frame that is older than the last one shown is dropped; any frame is a heartbeat. `shown`: the
 * `version` and `epoch` of what the page shows from the start, if it says them.
 * `onStale` is called once when nothing came for `staleAfterMs`, or the connection has been
 * gone for two seconds; `onFresh` once when frames come again. Where the server refuses (close
 * codes 4403 and 4404) it is not asked again: `onRefused` says so, by default in a bar.
 */

import { byId, el } from "./dom.js";
import { isOlder } from "./versions.js";
import { texts } from "./words.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5000;
const GONE_AFTER_MS = 2000;
const SUSPICIOUS_AFTER_MS = 6000;
const TICK_MS = 500;
const REFUSALS = [4403, 4404];

export function connect(
  url,
  {
    onSnapshot,
    onStale = () => {},
    onFresh = () => {},
    onRefused = sayRefused,
    shown = null,
    staleAfterMs = 10000,
  },
) {
  const address = new URL(url, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  let socket = null;
  let attempts = 0;
  let retry = 0;
  let stale = false;
  let closed = false;
  let heardAt = performance.now();
  let goneAt = heardAt;

  function open() {
    clearTimeout(retry);
    retry = 0;
    const fresh = new WebSocket(address);
    socket = fresh;
    fresh.onmessage = ({ data }) => socket === fresh && hear(data);
    fresh.onclose = ({ code }) => socket === fresh && (REFUSALS.includes(code) ? end() : lose());
  }

  function hear(data) {
    const snapshot = JSON.parse(data);
    heardAt = performance.now();
    goneAt = null;
    attempts = 0;
    if (stale) {
      // After a silence the server is believed, whatever it counts from.
      stale = false;
      shown = null;
      onFresh();
    }
    if (typeof snapshot.version !== "number" || (shown && isOlder(snapshot, shown))) return;
    shown = snapshot;
    onSnapshot(snapshot);
  }

  function lose() {
    socket = null;
    goneAt ??= performance.now();
    if (closed || retry) return;
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts);
    attempts += 1;
    retry = setTimeout(open, Math.max(FIRST_DELAY_MS, ceiling * Math.random()));
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
    const silent = now - heardAt > staleAfterMs;
    const gone = goneAt !== null && now - goneAt > GONE_AFTER_MS;
    if ((silent || gone) && !stale) {
      stale = true;
      onStale();
    }
    // A connection that is silent though it looks open (sleep, changed network) is replaced.
    if (silent && socket) {
      heardAt = now;
      reopen();
    }
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
