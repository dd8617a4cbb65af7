/** The hall board: each snapshot is shown whole, each new call is called out. */

import { HallClock } from "/static/web/lib/clock.js";
import { signLife } from "/static/web/lib/device.js";
import { byId, el, pulse, put } from "/static/web/lib/dom.js";
import { connect } from "/static/web/lib/live.js";
import { besides, facts } from "/static/web/lib/words.js";
import { stayAwake } from "./awake.js";
import { CallOuts, sayCall } from "./callouts.js";
import { Chime } from "./chime.js";
import { fit } from "./fit.js";
import { followCode } from "./here.js";
import { rest } from "./resting.js";
import { seriesOf, showWay, zoned } from "./zone.js";
import { Voice } from "./voice.js";

const CALL_OUT_MS = 6000;
/** So long one page of calls stands, where there are more than cells. */
const PAGE_MS = 8000;
const SOUND_WANTED = "board-sound";
/* Who may not see this any more is told why by the page itself. */
const REFUSED_FOR_MS = 2000;

const known = facts();
const hall = byId("hall");
const cells = [...byId("cells").children];
const held = new Array(cells.length).fill(null);
const clock = new HallClock(known.zone, known.at);
const chime = new Chime(() => offerSound());
const voice = new Voice({ branch: known.branch, chime, volume: known.volume });
const age = (call) => (clock.secondsSince(call.called_at) * 1000) / clock.rate;
const callOuts = new CallOuts({
  name: known.branch,
  holdMs: CALL_OUT_MS,
  show,
  age,
  prepare: (call) => voice.prepare(call),
  breakOff: (ticket) => voice.stop(ticket),
});

let board = null;
let main = null;
let stale = false;

function onSnapshot(whole) {
  const snapshot = zoned(whole, known.here);
  board = snapshot;
  clock.set(snapshot.at);
  tick();
  fillPage();
  fillStop(snapshot.interruption);
  fillNotice(snapshot.notice);
  callOuts.see(snapshot.called);
  fillQueue(snapshot);
}

/** Signs of a number and its desk that fit on the stage at full size, as А15 and 2 do. */
const SHORT = 4;

function show(call, isNew, isLate) {
  main = call;
  put(byId("call-number"), call?.number ?? "");
  put(byId("call-desk"), call?.desk ?? "");
  showWay(byId("call"), call, known.here);
  hall.dataset.call = call?.state ?? "";
  hall.dataset.why = (call && known.why[seriesOf(call.number)]) ?? "";
  hall.dataset.again = String((call?.calls ?? 0) > 1);
  hall.dataset.long = String(call ? (call.number + call.desk).length > SHORT : false);
  hall.dataset.scene = scene();
  fitMain();
  fillOpening();
  markMain();
  return isNew ? callOut(call, isLate) : null;
}

/** What is waited for: nothing where nothing sounds. */
function callOut(call, isLate) {
  pulse(byId("stage"));
  const cell = cells[held.indexOf(call.ticket)];
  if (cell) pulse(cell);
  sayCall(call);
  return isLate || isHushed() ? null : voice.say(call, callOuts.inARow);
}

/** In its quiet hours, and while nobody is called any more, a board only shows. */
function isHushed() {
  const [from, until] = known.quiet;
  const hour = clock.hour();
  const isQuiet = from <= until ? from <= hour && hour < until : hour >= from || hour < until;
  return isQuiet || scene() === "interrupted";
}

function scene() {
  if (stale) return "stale";
  return board.scene === "interrupted" || !main ? board.idle : "call";
}

function fillOpening() {
  hall.dataset.tickets = board.tickets_given ? "given" : "none";
  hall.dataset.waiting = board.waiting ? "some" : "none";
  byId("opens").hidden = !board.opens_at;
  if (!board.opens_at) return;
  for (const place of document.querySelectorAll(".opens")) {
    const code = place.closest("[lang]").lang;
    const time = clock.time(board.opens_at, code);
    const today = place.hasAttribute("data-today");
    put(place, today ? time : `${clock.day(board.opens_at, code)}, ${time}`);
  }
}

/** Why nobody is called; what stops named services alone has a line above the queue. */
function fillStop(stop) {
  hall.dataset.stop = stop?.kind ?? "";
  hall.dataset.over = String(Boolean(stop?.ended_at));
  const part = stop?.services ? stop : null;
  byId("part").hidden = !part;
  besides("#part", (language) => (part ? `${part.title[language]}. ${part.advice[language]}` : ""));
  if (!stop || part) return;
  besides(".scene-interrupted .headline", (language) => stop.title[language]);
  besides(".stop-advice", (language) => stop.advice[language]);
  besides(".stop-when", (language) => stop.resumption[language]);
}

/** What the supervisor has to say. */
function fillNotice(said) {
  byId("notice").hidden = !said;
  besides("#notice", (language) => said?.[language] ?? "");
}

/** Where more people are called than there are cells, they take turns, page by page. */
function fillPage() {
  const { called, recent } = board;
  const pages = Math.max(1, Math.ceil(called.length / cells.length));
  const page = Math.floor(performance.now() / PAGE_MS) % pages;
  const first = page * cells.length;
  fillCells([...called, ...(pages > 1 ? [] : recent)].slice(first, first + cells.length));
  put(byId("pages"), pages > 1 ? `${page + 1}/${pages}` : "");
}

/** Who is shown keeps the cell; a newcomer takes a free one, so that nothing jumps. */
function fillCells(calls) {
  const wanted = new Map(calls.map((call) => [call.ticket, call]));
  for (const [place, ticket] of held.entries()) if (!wanted.has(ticket)) held[place] = null;
  for (const ticket of wanted.keys()) if (!held.includes(ticket)) held[held.indexOf(null)] = ticket;
  for (const [place, ticket] of held.entries()) fillCell(cells[place], wanted.get(ticket));
  hall.dataset.cells = calls.length ? "some" : "none";
}

function fillCell(cell, call) {
  cell.dataset.state = call?.state ?? "";
  put(cell.querySelector(".cell-number"), call?.number ?? "");
  put(cell.querySelector(".cell-desk"), call?.desk ?? "");
  showWay(cell, call, known.here);
  fitCell(cell);
}

/** Hebrew, Arabic, Devanagari and their like, up to Khmer: letters with marks above and below. */
const TALL = /[\u0590-\u17ff]/;

function fitMain() {
  hall.dataset.tall = String(TALL.test(byId("call").textContent));
  fit(byId("call"), byId("call-desk"));
}

const fitCell = (cell) => fit(cell, cell.querySelector(".cell-desk"));

function markMain() {
  for (const [place, cell] of cells.entries()) {
    cell.toggleAttribute("data-main", main !== null && held[place] === main.ticket);
  }
}

function fillQueue({ waiting, next_calls: calls }) {
  put(byId("waiting"), String(waiting));
  hall.dataset.next = calls.length ? "some" : "none";
  const list = byId("next");
  const numbers = calls.map((call) => call.number).join(" ");
  if (list.dataset.shown !== numbers) list.replaceChildren(...calls.map(nextOne));
  list.dataset.shown = numbers;
  for (const [place, call] of calls.entries()) {
    put(list.children[place].lastElementChild, `${call.low_minutes}–${call.high_minutes}`);
  }
}

const nextOne = ({ number }) =>
  el(
    "span",
    { class: "next-one" },
    el("span", { class: "number", text: number }),
    " ",
    el("span", { class: "next-wait" }),
  );

function tick() {
  put(byId("clock"), clock.time());
  put(byId("day"), clock.day());
}

function everySecond() {
  tick();
  if (!board || board.called.length <= cells.length) return;
  fillPage();
  markMain();
}

function onStale() {
  stale = true;
  put(byId("stale-at"), clock.time(board?.at ?? known.at));
  document.body.classList.add("is-stale");
  hall.dataset.scene = "stale";
}

function onFresh() {
  stale = false;
  document.body.classList.remove("is-stale");
}

/** A browser that keeps a page silent until it is touched: say so, and remember the wish. */
function offerSound() {
  byId("sound").hidden = !chime.blocked || known.volume === 0;
}

async function turnSoundOn() {
  await chime.unlock();
  if (chime.blocked) return;
  localStorage.setItem(SOUND_WANTED, "on");
  chime.play();
}

byId("sound").addEventListener("click", turnSoundOn);
if (localStorage.getItem(SOUND_WANTED) === "on") {
  const unlock = () => chime.unlock();
  addEventListener("pointerdown", unlock);
  addEventListener("keydown", unlock);
}
// What the page came with has to fit before the first snapshot is there.
if (hall.dataset.scene === "call") fitMain();
for (const cell of cells) fitCell(cell);
setTimeout(offerSound, 500);
setInterval(everySecond, 1000);
stayAwake();
signLife(known.page);
rest({ atRest: () => board?.scene === "closed", isQuiet: () => !board?.called.length });
connect(`/ws/branches/${known.branch}/board`, {
  onSnapshot,
  onStale,
  onFresh,
  shown: known,
  onRefused: () => setTimeout(() => location.reload(), REFUSED_FOR_MS),
});
if (known.page) followCode(known.branch); // a registered board alone is told
