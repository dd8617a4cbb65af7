/** The clerk's screen: shows the desk's snapshots, and says the clerk's verbs over API v1. */

import { connect } from "/static/web/live.js";
import { allow, allowed, byId, fill, minuteFrom, put, stopwatch, t } from "./words.js";
import { hallNow, secondsSince, setHallTime } from "./hallclock.js";
import { fetchScreen, Lost, post, Refused } from "./requests.js";
import { modeOf, showPerson, tick } from "./person.js";
import { offerPicking, showQueue, tickQueue, watchQueue } from "./queue.js";
import { askPause, askPick, askResume, askStop, askTransfer, isAsking } from "./dialogs.js";
import { allowResuming, isWhole, showStops, watchStops } from "./stops.js";

const SETTLE_MS = 500;
const SNAPSHOT_WITHIN_MS = 1200;
const RECALL_EVERY_MS = 5000;
const RESULT_FOR_MS = 15000;
/* The session is over, mostly: the page itself then leads to the sign-in. */
const REFUSED_FOR_MS = 2000;
const KEYS_SETTING = "console-digit-keys";

const desk = t.snapshot.desk.id;
const primary = byId("primary");
const secondary = byId("secondary");
const pauseButton = byId("pause");
const resumeButton = byId("resume");
const leaveButton = byId("leave");
const stopButton = byId("stop");
const undoButton = byId("undo-button");
const keysOn = byId("keys-on");

let screen = t.snapshot;
let busy = false;
let settledAt = 0;
let calledAt = -Infinity;
let resultTimer = 0;
let waitingForSnapshot = null;

/* What a snapshot shows */

function show(snapshot) {
  const before = modeOf(screen);
  setHallTime(snapshot.at);
  screen = snapshot;
  const mode = modeOf(screen);
  if (mode !== before) settledAt = performance.now() + SETTLE_MS;
  showPerson(screen);
  showQueue(screen);
  showStops(screen);
  offerPicking(mode === "free" || mode === "empty");
  showActions(mode);
  showDesk(mode);
  waitingForSnapshot?.(snapshot.version);
}

function showActions(mode) {
  put(byId("primary-word"), t.primary[mode]);
  const person = mode === "away" ? null : screen.current;
  const channel = person?.channel ?? "visit";
  put(word("recall"), recallWord(channel));
  put(word("no_show"), t.noShow[channel]);
  secondary.toggleAttribute("data-idle", !person);
  const usable = !busy;
  allow(primary, usable && mode !== "empty" && mode !== "interrupted");
  allowResuming(usable);
  const mayCome = mode === "called" && !isWhole(screen.interruption);
  allow(verbButton("recall"), usable && mayCome && recallIn() <= 0);
  allow(verbButton("no_show"), usable && mayCome);
  for (const verb of ["park", "transfer", "back"]) allow(verbButton(verb), usable && !!person);
  for (const button of [pauseButton, resumeButton, leaveButton, stopButton]) allow(button, usable);
  showUndo();
}

const verbButton = (verb) => secondary.querySelector(`[data-verb=${verb}]`);
const word = (verb) => verbButton(verb).querySelector("[data-slot=word]");
const recallIn = () => Math.ceil((calledAt + RECALL_EVERY_MS - performance.now()) / 1000);

function recallWord(channel) {
  const seconds = recallIn();
  const plain = t.recall[channel];
  return modeOf(screen) === "called" && seconds > 0
    ? `${plain} ${fill(t.recallSoon, { seconds })}`
    : plain;
}

function showUndo() {
  const undo = screen.undo;
  const left = undo ? (Date.parse(undo.until) - hallNow()) / 1000 : 0;
  const possible = left > 0 && modeOf(screen) !== "away";
  byId("undo").hidden = !possible;
  if (!possible) return;
  put(byId("undo-what"), fill(t.undo[undo.verb], { number: undo.number }));
  put(byId("undo-time"), stopwatch(left));
  allow(undoButton, !busy);
}

function showDesk(mode) {
  const { state, pause_reason: reason } = screen.desk;
  const paused = state === "paused";
  const pill = byId("pill");
  pill.dataset.state = mode === "away" ? "closed" : state;
  const onBreak = screen.current ? t.breakAfter : [t.break, reason].filter(Boolean).join(": ");
  put(pill, mode === "away" ? t.modes.away : paused ? onBreak : t.atWork);
  pauseButton.hidden = paused || mode === "away";
  resumeButton.hidden = !paused || mode === "away";
  leaveButton.hidden = mode === "away";
  stopButton.hidden = mode === "away";
  const place = fill(t.deskTitle, { number: screen.desk.number });
  document.title = screen.current ? `${screen.current.number} · ${place}` : place;
}

/* Saying a verb */

/** One verb at a time: every button waits until the screen shows what came of it. */
async function say(work) {
  if (busy) return;
  busy = true;
  primary.setAttribute("aria-busy", "true");
  showActions(modeOf(screen));
  const version = screen.version;
  try {
    const message = await work();
    await snapshotAfter(version);
    tell(message);
  } catch (error) {
    await explain(error);
  } finally {
    busy = false;
    primary.removeAttribute("aria-busy");
    showActions(modeOf(screen));
    homeFocus();
  }
}

/** Wait for the snapshot that the verb caused; where none comes, fetch one. */
async function snapshotAfter(version) {
  if (screen.version > version) return;
  const came = new Promise((resolve) => {
    waitingForSnapshot = (shown) => shown > version && resolve(true);
  });
  const late = new Promise((resolve) => setTimeout(resolve, SNAPSHOT_WITHIN_MS, false));
  const inTime = await Promise.race([came, late]);
  waitingForSnapshot = null;
  if (!inTime) await refresh();
}

async function refresh() {
  try {
    const fresh = await fetchScreen(desk);
    if (fresh.version >= screen.version) show(fresh);
  } catch (error) {
    if (error instanceof Refused) leadAway(error);
  }
}

/** Who is signed out signs in again; who has no such desk chooses one. */
function leadAway({ status }) {
  if (status === 401) location.assign("/console/sign-in");
  else if (status === 403 || status === 404) location.assign("/console");
}

async function explain(error) {
  if (error instanceof Refused) {
    if (error.status === 401) return leadAway(error);
    tell(`${error.problem.title}. ${error.problem.detail ?? ""}`, true);
  } else if (error instanceof Lost) {
    tell(t.lost, true);
  } else {
    throw error;
  }
  await refresh();
}

function tell(message, warning = false) {
  if (!message) return;
  const result = byId("result");
  put(result, message);
  result.classList.toggle("result-warning", warning);
  clearTimeout(resultTimer);
  resultTimer = setTimeout(() => put(result, ""), RESULT_FOR_MS);
}

/** After a verb the focus is on the next action, unless the clerk has gone elsewhere meanwhile. */
function homeFocus() {
  if (isAsking()) return;
  const at = document.activeElement;
  if (at === document.body || at.closest("button")) primary.focus({ preventScroll: true });
}

/* The verbs */

async function callNext(ticket = null) {
  calledAt = performance.now();
  const called = await post(`/desks/${desk}/calls`, { body: ticket ? { ticket } : null });
  if (!called) {
    await refresh();
    return t.done.nobody;
  }
  return fill(t.done.call, called);
}

/** A verb on the person at the desk. */
async function atDesk(done, path, body = null) {
  const { ticket, number } = screen.current;
  await post(`/tickets/${ticket}/${path}`, { body });
  return fill(t.done[done], { number });
}

const verbs = {
  call: () => callNext(),
  start: () => atDesk("start", "starts"),
  finish: () => atDesk("finish", "finishes"),
  no_show: () => atDesk("no_show", "no-shows"),
  park: () => atDesk("park", "parkings"),
  back: () => atDesk("back", "transfers", { services: screen.current.service_codes }),
  recall() {
    calledAt = performance.now();
    return atDesk("recall", "recalls");
  },
  async undo() {
    const { ticket, number } = screen.undo;
    await post(`/tickets/${ticket}/undo`);
    return fill(t.done.undo, { number });
  },
  async resume() {
    await post(`/desks/${desk}/openings`);
    return t.done.resume;
  },
};

async function doPrimary() {
  const mode = modeOf(screen);
  if (mode === "away") return location.assign("/console");
  if (performance.now() < settledAt) return undefined;
  const verb = { called: "start", serving: "finish", free: "call", paused: "resume" }[mode];
  return verb && say(verbs[verb]);
}

async function doTransfer() {
  const person = screen.current;
  const wish = await askTransfer(person);
  if (!wish) return;
  if (screen.current?.ticket !== person.ticket) return;
  await say(() => atDesk("transfer", "transfers", wish));
}

async function doPause() {
  const reason = await askPause(!!screen.current);
  if (reason === null) return;
  await say(async () => {
    await post(`/desks/${desk}/pauses`, { body: { reason }, arrived: (problem) => problem.state === "paused" });
    return t.done.pause;
  });
}

async function doStop() {
  const wish = await askStop();
  if (!wish) return;
  await say(async () => {
    await post(`/branches/${t.branch}/interruptions`, { body: wish });
    return wish.services ? t.done.stopSome : t.done.stop;
  });
}

/** Sooner than usual after such a stop is asked about once more: people are on their way back. */
async function doResumeCalls(stop, after) {
  if (after < stop.resume_minutes && !(await askResume(stop))) return;
  await say(async () => {
    const { resumes_at: at } = await post(`/interruptions/${stop.id}/resumption`, {
      body: { after_minutes: after },
    });
    return after ? fill(t.done.callsLater, { time: minuteFrom(at) }) : t.done.callsNow;
  });
}

async function doLeave() {
  await say(async () => {
    await post(`/desks/${desk}/closings`);
    location.assign("/console");
    await new Promise(() => {});
  });
}

async function onRow(verb, person, seen) {
  if (busy) return;
  if (verb === "pick") {
    if (await askPick(person, seen)) await say(() => callNext(person.ticket));
    return;
  }
  await say(async () => {
    await post(`/tickets/${person.ticket}/returns`);
    return fill(t.done.return, person);
  });
}

/* The buttons and their keys */

function press(button, work) {
  button.addEventListener("click", () => allowed(button) && work());
}

press(primary, doPrimary);
press(pauseButton, doPause);
press(resumeButton, () => say(verbs.resume));
press(leaveButton, doLeave);
press(stopButton, doStop);
watchStops((stop, after) => !busy && doResumeCalls(stop, after));
press(undoButton, () => say(verbs.undo));
press(verbButton("transfer"), doTransfer);
for (const verb of ["recall", "no_show", "park", "back"]) {
  press(verbButton(verb), () => say(verbs[verb]));
}
watchQueue(onRow);

const digits = {
  1: () => verbButton("recall"),
  2: () => verbButton("no_show"),
  3: () => verbButton("park"),
  4: () => verbButton("transfer"),
  5: () => verbButton("back"),
  0: () => (pauseButton.hidden ? resumeButton : pauseButton),
};

/** The physical keys, so that they are the same under either layout. */
function onKey(event) {
  const at = event.target;
  if (isAsking()) return;
  if (event.repeat && at.closest("button") && ["Enter", " "].includes(event.key)) {
    event.preventDefault();
    return;
  }
  if (event.repeat || at.closest("input:not([type=checkbox]), textarea, select")) return;
  if (event.code === "KeyZ" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    event.preventDefault();
    if (!byId("undo").hidden) undoButton.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "Space" && !at.closest("button, a, summary, input, [tabindex='0']")) {
    event.preventDefault();
    primary.click();
    return;
  }
  const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code)?.[1];
  if (digit && keysOn.checked) {
    event.preventDefault();
    const button = digits[digit]();
    if (!button.hidden) button.click();
  }
}

document.addEventListener("keydown", onKey);

keysOn.checked = localStorage.getItem(KEYS_SETTING) !== "off";
keysOn.addEventListener("change", () => {
  localStorage.setItem(KEYS_SETTING, keysOn.checked ? "on" : "off");
});

/* From here on the screen lives */

const stale = byId("stale");

function everySecond() {
  tick();
  tickQueue();
  showActions(modeOf(screen));
}

show(t.snapshot);
settledAt = 0;
if (screen.current?.state === "called" && secondsSince(screen.current.called_at) < 5) {
  calledAt = performance.now();
}
setInterval(everySecond, 1000);
connect(`/ws/desks/${desk}`, {
  onSnapshot: show,
  onStale: () => {
    stale.hidden = false;
    refresh();
  },
  onFresh: () => {
    stale.hidden = true;
  },
  onRefused: () => setTimeout(() => location.reload(), REFUSED_FOR_MS),
});
primary.focus({ preventScroll: true });
