/**
 * The switch of notifications for one visit. Whoever leaves it alone is asked nothing: the browser
 * asks for its permission only after a press, and the page works without.
 */

import { byId, put } from "./dom.js";
import { ask } from "./requests.js";
import { language } from "./words.js";

const WORKER = "/static/web/push/worker.js";
const WITHIN_MS = 15_000;

/**
 * `{ show(wanted) }` for the switch in this page, or null where the page has none. `address`: where
 * the visit's browsers are kept; `t`: the words.
 */
export function offerPush(address, t) {
  const place = byId("push");
  if (!place) return null;
  const can = "serviceWorker" in navigator && "PushManager" in window && window.Notification;
  if (!can) return isApple() ? told(place, t.home_screen) : null;

  const key = `push:${address}`;
  const paint = (on, said = on ? t.on : "") => {
    byId("push-on").hidden = on || Notification.permission === "denied";
    byId("push-what").hidden = byId("push-on").hidden;
    byId("push-off").hidden = !on;
    put(byId("push-state"), said);
  };

  async function turnOn() {
    byId("push-on").disabled = true;
    const failure = await subscribe(address, key, t).catch(() => t.failed);
    byId("push-on").disabled = false;
    const had = document.activeElement === byId("push-on") || document.activeElement === document.body;
    paint(failure === null, failure ?? t.on);
    if (failure === null && had) byId("push-off").focus();
  }

  async function turnOff() {
    const known = await (await registered())?.pushManager.getSubscription();
    const answer = known ? await send(`${address}/endings`, { endpoint: known.endpoint }) : { ok: true };
    if (!answer?.ok) return paint(true, t.no_connection);
    keep(key, null);
    paint(false, t.off);
    byId("push-on").focus();
  }

  byId("push-on").addEventListener("click", turnOn);
  byId("push-off").addEventListener("click", turnOff);
  if (Notification.permission === "denied") paint(false, t.blocked);
  else paint(kept(key) !== null && Notification.permission === "granted");
  if (!byId("push-off").hidden) {
    renew(address, key, t).then((failure) => failure && paint(false, failure), () => {});
  }
  return { show: (wanted) => (place.hidden = !wanted) };
}

function told(place, text) {
  byId("push-on").hidden = true;
  byId("push-what").hidden = true;
  put(byId("push-state"), text);
  return { show: (wanted) => (place.hidden = !wanted) };
}

/** Whoever has such a phone may have heard that notifications exist. */
function isApple() {
  const tablet = navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1;
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || tablet;
}

/** What is on for the booking is on for its ticket: it is one visit. */
export function passOn(booking, ticket) {
  const known = kept(`push:${booking}`);
  if (known !== null) keep(`push:${ticket}`, known);
}

/** The browser may have been given another address since, at which nobody would find it. */
async function renew(address, key, t) {
  const known = await (await registered())?.pushManager.getSubscription();
  return known?.endpoint === kept(key) ? null : subscribe(address, key, t);
}

/** Null once this browser is told of the visit, else what stands in the way, in words. */
async function subscribe(address, key, t) {
  if ((await Notification.requestPermission()) !== "granted") {
    return Notification.permission === "denied" ? t.blocked : "";
  }
  const answer = await ask("/api/v1/push-key", { withinMs: WITHIN_MS });
  if (!answer?.ok) return t.no_connection;
  const worker = await active(await navigator.serviceWorker.register(WORKER, { updateViaCache: "none" }));
  const subscription = await subscribed(worker.pushManager, bytes(answer.content.key));
  const { endpoint, keys } = subscription.toJSON();
  const done = await send(address, { endpoint, ...keys, language: language() });
  if (done?.ok) {
    keep(key, endpoint);
    return null;
  }
  const { title, detail } = done?.content ?? {};
  return title ? `${title}. ${detail}` : t.no_connection;
}

/** A browser knows one key at a time: where the centre has another by now, it is told anew. */
async function subscribed(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    const old = await manager.getSubscription();
    if (!old) throw error;
    await old.unsubscribe();
    return manager.subscribe(options);
  }
}

const registered = () => navigator.serviceWorker.getRegistration(WORKER);

/** A worker that is only being installed cannot be told anything. */
function active(registration) {
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return registration;
  return new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(registration);
      if (worker.state === "redundant") reject(new Error("redundant"));
    });
  });
}

function send(address, body) {
  return ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language() },
    body: JSON.stringify(body),
    withinMs: WITHIN_MS,
  });
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: after a reload the switch stands at off, and can be pressed again.
  }
}
