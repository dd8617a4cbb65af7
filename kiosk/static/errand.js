/** The one thing that needs the network: a ticket, or checking in with a booking. */

import { byId } from "/static/web/lib/dom.js";
import { ask } from "/static/web/lib/requests.js";
import { language, say } from "/static/web/lib/words.js";
import * as aloud from "./aloud.js";
import { deliver, intent, keyOf } from "./delivery.js";
import { door, isOpen } from "./home.js";
import * as keypad from "./keypad.js";
import { showProblem } from "./problem.js";
import * as screens from "./screens.js";
import { showTicket } from "./ticket.js";
import { known } from "./times.js";
import * as visit from "./visit.js";
import * as wishes from "./wishes.js";

const WAY_OUT_AFTER_MS = 15_000;
/** So long after a wish its visitor still stands there, after a reload as well. */
const AWAITED_MS = 60_000;
const NOW_WITHIN_MS = 3_000;
/** Whoever hears the ticket hears it more than once. */
const HEARD_SECONDS = 120;
/** What has become of a ticket that is nobody's to be shown any more. */
const OVER = ["finished", "no_show", "left"];
const { branch } = known;

let wish = null;
let shown = null;
const returning = new Set();
let scannedCode = "";
let calls = {};

/**
 * `onEnd`: this visitor's errand is over; `onSettled`: a screen with an answer has come up;
 * `onDoor`, `askDoor`: the door is said, or is asked, to stand otherwise than this page knows.
 */
export function begin(callbacks) {
  calls = callbacks;
}

export function forget() {
  drop();
  scannedCode = "";
}

/** The visitor has gone, or wishes for something else. */
function drop() {
  if (shown) wishes.settle(shown);
  if (wish) wishes.note(wish, { unwanted: true });
  shown = wish = null;
  giveBackUnwanted();
}

/** After a reload: what was under way goes on, for whoever may still stand there. `speak(code)`. */
export function resume(speak) {
  const awaited = wishes.all().filter((one) => !one.unwanted);
  const mine = awaited.pop();
  for (const other of awaited) wishes.note(other.wish, { unwanted: true });
  if (mine) goOn(mine, speak);
  giveBackUnwanted();
}

function goOn({ wish: mine, at, language: spoken, left, seenAt, held }, speak) {
  const passed = (Date.now() - (seenAt ?? at)) / 1000;
  const rest = held ? left : left - passed;
  if (left !== undefined && rest < 1) return wishes.settle(mine);
  if (left === undefined && passed * 1000 > AWAITED_MS) {
    return wishes.note(mine, { unwanted: true });
  }
  speak(spoken);
  return send(mine, { again: true, seconds: left === undefined ? undefined : Math.ceil(rest) });
}

/** Tickets of visitors who did not wait for them, whether or not they were made. */
export function giveBackUnwanted() {
  for (const { wish: one, unwanted } of wishes.all()) {
    if (!unwanted || returning.has(keyOf(one))) continue;
    returning.add(keyOf(one));
    giveBack(one).finally(() => returning.delete(keyOf(one)));
  }
}

export function takeTicket() {
  send(
    intent(`/api/v1/branches/${branch}/tickets`, {
      services: visit.services(),
      priority: visit.priorityCode(),
      language: visit.language(),
      ...visit.company(),
    }),
  );
}

export function checkIn() {
  if (!keypad.isWhole()) return keypad.askForAll();
  return checkInWith(keypad.code());
}

/** `code`: six digits or a booking's link; null where what was scanned is neither. */
export function scan(code) {
  keypad.set(digitsOf(code));
  if (code) checkInWith(code);
  else fail({ code: "not_a_code" });
}

const digitsOf = (code) => (/^\d{6}$/.test(code ?? "") ? code : "");

function checkInWith(code) {
  scannedCode = digitsOf(code);
  return send(intent(`/api/v1/branches/${branch}/check-ins`, { code }));
}

/** Send a wish once; it stays the same wish, with the same key, until it is answered. `again`: it
 * was sent before a reload. `seconds`: for how long its ticket is still shown. */
async function send(fresh, { again, seconds } = {}) {
  if (screens.current() === "sending") return;
  if (wish !== fresh) drop();
  wish = fresh;
  wishes.keep(fresh, { language: language() });
  say(byId("sending-note"), () => "");
  byId("sending-out").hidden = true;
  screens.go("sending");
  const wayOut = setTimeout(() => (byId("sending-out").hidden = false), WAY_OUT_AFTER_MS);
  const answer = await deliver(fresh, () => {
    if (wish === fresh) say(byId("sending-note"), (t) => t.lost_answer);
  });
  const ticket = again && answer.value ? await asItIsNow(answer.value) : answer.value;
  clearTimeout(wayOut);
  if (wish !== fresh) return;
  if (ticket) receive(ticket, seconds);
  else if (answer.lost) fail({ code: "no_answer" });
  else refused(answer.problem);
}

/** A ticket of somebody who did not wait for it: nobody is called by it. A booking's stays theirs.
 * What gets no answer stays unwanted, until the connection is back. */
async function giveBack(unwanted) {
  if (!unwanted.url.endsWith("/tickets")) return wishes.settle(unwanted);
  const answer = await deliver(unwanted, () => {});
  if (answer.lost) return;
  if (answer.value) {
    const leaving = intent(`/api/v1/tickets/${answer.value.token}/leavings`, {});
    if ((await deliver(leaving, () => {})).lost) return;
  }
  wishes.settle(unwanted);
}

/** The same key is given the same answer; the ticket's page knows what has become of it since. */
async function asItIsNow(ticket) {
  const answer = await ask(`/api/v1/tickets/${ticket.token}`, { withinMs: NOW_WITHIN_MS });
  if (!answer?.ok) return ticket;
  const { state, people_ahead, wait } = answer.content;
  return { ...ticket, state, people_ahead, wait };
}

function receive(ticket, seconds) {
  const mine = wish;
  wish = null;
  if (OVER.includes(ticket.state)) {
    wishes.settle(mine);
    return calls.onEnd();
  }
  shown = mine;
  const onLeft = (left, held) => wishes.note(mine, { left, held, seenAt: Date.now() });
  const pause = pauseOf(ticket.services);
  showTicket(ticket, {
    branch,
    pause,
    priority: JSON.parse(mine.options.body).priority,
    seconds: seconds ?? (aloud.isOn() ? HEARD_SECONDS : undefined),
    onLeft,
    closes: door().closes_at,
    onEnd: calls.onEnd,
  });
  screens.begin("ticket");
  calls.onSettled();
}

/** What to say where nobody is called for these services now, or null: until when, once known. */
function pauseOf(services) {
  const { interruption: stop, stopped } = door();
  if (services.some((code) => stopped.includes(code))) return (t) => t.calls_paused;
  if (stop?.services !== null) return null;
  const said = stop.ended_at ? [stop.resumption] : [stop.advice, stop.resumption];
  return () => said.map((text) => text[language()]).join(" ");
}

function refused(problem) {
  if (problem.status < 500) {
    wishes.settle(wish);
    wish = null;
  }
  if (problem.status === 401 || problem.status === 403) return location.reload();
  if (problem.code === "branch_closed" || problem.code === "past_last_ticket") {
    const state = problem.code === "branch_closed" ? "closed" : problem.code;
    calls.onDoor({ ...door(), state, ...problem });
    return calls.onEnd();
  }
  if (["services_paused", "tickets_ended"].includes(problem.code)) return refusedForNow(problem);
  return fail(problem);
}

/** Where nothing at all is given, the screen for that says why and until when. */
async function refusedForNow(problem) {
  await calls.askDoor();
  return isOpen() ? fail(problem) : calls.onEnd();
}

function fail(problem) {
  showProblem(problem, { code: scannedCode, open: isOpen() });
  screens.begin("problem");
  calls.onSettled();
}

/** The way that was chosen out of a problem. */
export function leadOn(way) {
  if (way === "again" && wish) return send(wish);
  if (way === "code") {
    keypad.set("");
    return screens.begin("check-in");
  }
  if (way === "services") visit.clear();
  return screens.begin(visit.services().length ? "confirm" : "groups-1");
}
