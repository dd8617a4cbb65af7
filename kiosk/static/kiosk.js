/** The kiosk: what a touch, a key, a scan, the hall and the passing of time each lead to. */

import { plural } from "/static/web/texts.js";
import { deliver, intent } from "/static/kiosk/delivery.js";
import { followHall } from "/static/kiosk/hall.js";
import { watchIdle } from "/static/kiosk/idle.js";
import * as keypad from "/static/kiosk/keypad.js";
import { showProblem } from "/static/kiosk/problem.js";
import { foretell } from "/static/kiosk/prospect.js";
import { codeIn, listenToScanner } from "/static/kiosk/scanner.js";
import * as screens from "/static/kiosk/screens.js";
import { clearTicket, showTicket, toggleHold } from "/static/kiosk/ticket.js";
import { now, setClock, time, when } from "/static/kiosk/times.js";
import * as visit from "/static/kiosk/visit.js";
import { fill, language, name, say, speak } from "/static/kiosk/words.js";

const HOME_SCREENS = ["start", "closed", "offline"];
const BUSY_SCREENS = ["sending", "ticket"];
const TAP_GUARD_MS = 400;
const NAMED_AT_MOST = 3;
const WAY_OUT_AFTER_MS = 15_000;

const at = (id) => document.getElementById(id);
const root = at("kiosk");
const { branch, zone } = root.dataset;
/* Ukrainian, unless the page's address has it otherwise; each visitor begins in it. */
const ownLanguage = language();

let online = true;
let door = {
  state: root.dataset.state,
  opens_at: root.dataset.opensAt,
  closes_at: root.dataset.closesAt,
  interruption: JSON.parse(root.dataset.interruption),
  stopped: root.dataset.stopped.split(" ").filter(Boolean),
};
let board = {
  waiting: Number(root.dataset.waiting),
  desks_open: Number(root.dataset.desksOpen),
};
let wish = null;
let scannedCode = "";
let goneHomeAt = -Infinity;

const idle = watchIdle({ onQuiet, onGone: restart });
const hall = followHall(branch, { onBoard, onDoor, onLost, onBack, onRefused });

setClock(zone, root.dataset.at);
visit.allow(Number(root.dataset.maxServices));
visit.clear();
keypad.set("");
for (const picture of document.querySelectorAll("#booking-qr svg, .prospect-booking svg")) {
  name(picture, (t) => t.booking_qr_label);
}
speakAs(ownLanguage);
showHall();
screens.watch(onScreen);
screens.begin(home());
setInterval(showClock, 1000);
listenToScanner(onScan);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);

// What the visitor touches.

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.getAttribute("aria-disabled") === "true") return refuse(button);
  const { go, service, remove, priority, digit, key, way, mode } = button.dataset;
  if (go) open(go);
  else if (service) choose(service);
  else if (remove) discard(remove);
  else if (priority !== undefined) prefer(button, priority);
  else if (digit) keypad.enter(digit);
  else if (key) editCode(key);
  else if (way) leadOn(way);
  else if (mode) toggleMode(button, mode);
  else if (button.dataset.language) speakAs(button.dataset.language);
  else if ("back" in button.dataset) back();
  else if ("restart" in button.dataset) restart();
  else act(button.id);
}

function act(id) {
  if (id === "take") takeTicket();
  else if (id === "check-in") checkIn();
  else if (id === "ticket-done") restart();
  else if (id === "ticket-pause") toggleHold();
}

/** A second tap of the last visitor's finger must not begin the next visit. */
function open(screen) {
  const home = HOME_SCREENS.includes(screens.current());
  if (home && performance.now() - goneHomeAt < TAP_GUARD_MS) return;
  if (screen === "check-in") keypad.set("");
  screens.go(screen);
}

function refuse(button) {
  const note = button.querySelector(".choice-note");
  announce((t) => note?.textContent || t.other_desk);
}

function choose(service) {
  if (visit.has(service)) return screens.backTo("confirm");
  visit.add(service);
  return screens.go("confirm");
}

function discard(service) {
  visit.remove(service);
  if (!visit.services().length) screens.begin("groups-1");
  else {
    at("chosen").querySelector("button").focus();
    foretell(branch, visit.services(), visit.priorityCode());
  }
}

function prefer(button, code) {
  visit.prefer(code, [...button.querySelector(".choice-title").cloneNode(true).childNodes]);
  screens.backTo("confirm");
}

/** From the confirmation, back is to choose the last service again. */
function back() {
  if (screens.current() === "confirm") visit.removeLast();
  if (!screens.back()) screens.begin(home());
}

function editCode(key) {
  if (key === "clear") keypad.set("");
  else keypad.deleteLast();
}

function toggleMode(button, mode) {
  const on = document.documentElement.classList.toggle(mode);
  button.setAttribute("aria-pressed", String(on));
}

function speakAs(code) {
  speak(code);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
  showClock();
}

/** Everything as it was before this visitor came. */
function restart() {
  wish = null;
  scannedCode = "";
  visit.clear();
  keypad.set("");
  clearTicket();
  for (const button of document.querySelectorAll("[data-mode]")) {
    document.documentElement.classList.remove(button.dataset.mode);
    button.setAttribute("aria-pressed", "false");
  }
  speakAs(ownLanguage);
  goneHomeAt = performance.now();
  screens.begin(home());
  idle.settle();
}

// What the visitor types or scans.

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && !HOME_SCREENS.includes(screens.current())) return stepBack(event);
  if (screens.current() !== "check-in" || at("still-here").open) return;
  if (/^\d$/.test(event.key)) keypad.enter(event.key);
  else if (event.key === "Backspace") keypad.deleteLast();
  else if (event.key === "Enter" && keypad.isWhole() && !event.target.closest("button")) checkIn();
}

function stepBack(event) {
  if (at("still-here").open || BUSY_SCREENS.includes(screens.current())) return;
  event.preventDefault();
  if (screens.current() === "problem") restart();
  else back();
}

function onScan(text) {
  if (screens.current() === "sending" || screens.current() === "offline") return;
  idle.settle();
  clearTicket();
  const code = codeIn(text);
  scannedCode = code ?? "";
  keypad.set(scannedCode);
  if (code) send(intent(`/api/v1/branches/${branch}/check-ins`, { code }));
  else fail({ code: "not_a_code" });
}

// The one thing that needs the network.

function takeTicket() {
  send(
    intent(`/api/v1/branches/${branch}/tickets`, {
      services: visit.services(),
      priority: visit.priorityCode(),
      language: language(),
    }),
  );
}

function checkIn() {
  if (!keypad.isWhole()) return keypad.askForAll();
  scannedCode = keypad.code();
  return send(intent(`/api/v1/branches/${branch}/check-ins`, { code: scannedCode }));
}

/** Send a wish once; it stays the same wish, with the same key, until it is answered. */
async function send(fresh) {
  if (screens.current() === "sending") return;
  wish = fresh;
  say(at("sending-note"), () => "");
  at("sending-out").hidden = true;
  screens.go("sending");
  const wayOut = setTimeout(() => (at("sending-out").hidden = false), WAY_OUT_AFTER_MS);
  const answer = await deliver(fresh, () => {
    if (wish === fresh) say(at("sending-note"), (t) => t.lost_answer);
  });
  clearTimeout(wayOut);
  if (wish !== fresh) return giveBack(fresh, answer.value);
  if (answer.value) receive(answer.value);
  else if (answer.lost) fail({ code: "no_answer" });
  else refused(answer.problem);
}

/** A ticket of somebody who did not wait for it: nobody is called by it. A booking's stays theirs. */
function giveBack({ url }, ticket) {
  if (!ticket || !url.endsWith("/tickets")) return;
  const leaving = intent(`/api/v1/tickets/${ticket.token}/leavings`, {});
  deliver(leaving, () => {});
}

function receive(ticket) {
  wish = null;
  showTicket(ticket, { branch, pause: pauseOf(ticket.services), closes: door.closes_at, onEnd: restart });
  screens.begin("ticket");
  idle.settle();
}

/** What to say where nobody is called for these services now, or null: until when, once known. */
function pauseOf(services) {
  const stop = door.interruption;
  if (services.some((code) => door.stopped.includes(code))) return (t) => t.calls_paused;
  if (stop?.services !== null) return null;
  const said = stop.ended_at ? [stop.resumption] : [stop.advice, stop.resumption];
  return () => said.map((text) => text[language()]).join(" ");
}

function refused(problem) {
  if (problem.status < 500) wish = null;
  if (problem.status === 401 || problem.status === 403) return location.reload();
  if (problem.code === "branch_closed" || problem.code === "past_last_ticket") {
    onDoor({ ...door, state: problem.code === "branch_closed" ? "closed" : problem.code, ...problem });
    return restart();
  }
  if (problem.code === "services_paused") return refusedForNow(problem);
  return fail(problem);
}

/** Where nothing at all is given, the screen for that says why and until when. */
async function refusedForNow(problem) {
  await hall.askDoor();
  return door.state === "open" ? fail(problem) : restart();
}

function fail(problem) {
  showProblem(problem, { code: scannedCode, open: door.state === "open" });
  screens.begin("problem");
  idle.settle();
}

function leadOn(way) {
  if (way === "again" && wish) return send(wish);
  if (way === "code") {
    keypad.set("");
    return screens.begin("check-in");
  }
  if (way === "services") visit.clear();
  return screens.begin(visit.services().length ? "confirm" : "groups-1");
}

// What happens in the hall.

function home() {
  if (!online) return "offline";
  return door.state === "open" ? "start" : "closed";
}

function onBoard(snapshot) {
  board = snapshot;
  setClock(zone, snapshot.at);
  showHall();
  if (sayOf(snapshot.interruption) !== sayOf(door.interruption)) hall.askDoor();
}

const sayOf = (stop) => JSON.stringify([stop?.id, stop?.resumes_at, stop?.services]);

function onDoor(fresh) {
  door = fresh;
  if (fresh.at) setClock(zone, fresh.at);
  const outdated = fresh.page && fresh.page !== root.dataset.page;
  if (outdated && HOME_SCREENS.includes(screens.current())) return location.reload();
  showHall();
  return goHomeIfThere();
}

function onLost() {
  online = false;
  announce((t) => t.connection_lost);
  showLink();
  goHomeIfThere();
}

function onBack() {
  online = true;
  announce((t) => t.connection_back);
  showLink();
  goHomeIfThere();
}

function onRefused() {
  if (HOME_SCREENS.includes(screens.current())) location.reload();
}

function onScreen(name) {
  showLink();
  if (name === "confirm") foretell(branch, visit.services(), visit.priorityCode());
}

/** While somebody chooses; the other screens say it themselves. */
function showLink() {
  const said = [...HOME_SCREENS, ...BUSY_SCREENS].includes(screens.current());
  at("link-bar").hidden = online || said;
}

/** A screen without a visitor shows at once how things stand; a visitor is not interrupted. */
function goHomeIfThere() {
  if (HOME_SCREENS.includes(screens.current()) && screens.current() !== home()) {
    screens.begin(home());
  }
}

function showHall() {
  say(at("waiting"), (t) => (board.waiting ? plural(t.waiting, board.waiting) : t.nobody_waits));
  showDesks();
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(door.state);
  }
  const opens = door.opens_at && new Date(door.opens_at);
  const closes = door.closes_at && new Date(door.closes_at);
  const shut = door.state === "closed" || door.state === "past_last_ticket";
  showStop();
  say(at("closed-lead"), (t) => leadText(t, shut, opens, closes));
  say(at("closed-note"), (t) => {
    const next = door.state === "past_last_ticket" && opens;
    return next ? fill(t.next_tickets, { when: when(opens) }) : "";
  });
}

/** Why nothing is given for now, or not everything. */
function showStop() {
  const stop = door.interruption;
  visit.stop(door.stopped);
  say(at("stop-title"), () => stop?.title[language()] ?? "");
  say(at("stop-advice"), () => stop?.advice[language()] ?? "");
  at("stop-note").hidden = !stop;
  say(at("stop-note"), (t) => (stop ? stopNote(t, stop) : ""));
}

/** Few services are named, of many only why and until when; once that is known, tickets are given. */
function stopNote(t, { title, advice, resumption, services, resumes_at: resumes }) {
  const many = services?.length > NAMED_AT_MOST;
  const said = [title, resumes || many ? resumption : advice].map((text) => text[language()]);
  const today = resumes && door.closes_at && new Date(resumes) < new Date(door.closes_at);
  return said.join(". ") + (today && door.state === "open" ? ` ${t.take_now}` : "");
}

function leadText(t, shut, opens, closes) {
  if (door.state === "interrupted") return door.interruption.resumption[language()];
  if (!shut) return "";
  if (door.state === "past_last_ticket" && closes) {
    return fill(t.works_until, { time: time(closes) });
  }
  return opens ? fill(t.opens, { when: when(opens) }) : "";
}

/** A ticket can be taken a little before the desks open: say when they do. */
function showDesks() {
  const opens = door.opens_at && new Date(door.opens_at);
  const early = opens && now() < opens;
  at("desks-note").hidden = !early && board.desks_open > 0;
  say(at("desks-note"), (t) =>
    early ? fill(t.desks_open_at, { time: time(opens) }) : t.no_desk_yet,
  );
}

function showClock() {
  at("clock").textContent = time(now());
}

// What nobody does for a while.

function onQuiet() {
  const screen = screens.current();
  if (BUSY_SCREENS.includes(screen)) return "wait";
  if (!HOME_SCREENS.includes(screen)) return "ask";
  return language() !== ownLanguage || document.documentElement.className ? "leave" : "wait";
}

function announce(text) {
  say(at("announcer"), text);
}

hall.askDoor();
