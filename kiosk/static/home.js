/** The screens that wait for a visitor: how things stand in the hall, and why when it is closed. */

import { byId, put } from "/static/web/lib/dom.js";
import { isOlder } from "/static/web/lib/versions.js";
import { fill, language, plural, say } from "/static/web/lib/words.js";
import { isStill } from "./paper.js";
import * as screens from "./screens.js";
import { clock, known, when } from "./times.js";
import * as visit from "./visit.js";

const NAMED_AT_MOST = 3;
const HOME_SCREENS = ["start", "closed", "offline"];
const BUSY_SCREENS = ["sending", "ticket"];

const hall = { online: true, door: known.door, board: known.board };

export const isHome = () => HOME_SCREENS.includes(screens.current());
export const isBusy = () => BUSY_SCREENS.includes(screens.current());
export const door = () => hall.door;
export const isOpen = () => hall.door.state === "open";

export function home() {
  if (!hall.online) return "offline";
  return isOpen() ? "start" : "closed";
}

/** A screen without a visitor shows at once how things stand; a visitor is not interrupted. */
export function goHomeIfThere() {
  if (isHome() && screens.current() !== home()) screens.begin(home());
}

/** Whether the door is another one now: stopped otherwise, or of another hall altogether. */
export function seeBoard(snapshot) {
  hall.board = snapshot;
  clock.set(snapshot.at);
  showHall();
  const { epoch, interruption } = hall.door;
  return snapshot.epoch !== epoch || sayOf(snapshot.interruption) !== sayOf(interruption);
}

const sayOf = (stop) => JSON.stringify([stop?.id, stop?.resumes_at, stop?.services]);

/** Whether the page itself is out of date. */
export function seeDoor(fresh) {
  if (isOlder(fresh, hall.door)) return false;
  hall.door = fresh;
  if (fresh.at) clock.set(fresh.at);
  const outdated = fresh.page && fresh.page !== known.door.page;
  showHall();
  return outdated;
}

export function seeLink(online) {
  hall.online = online;
  announce((t) => (online ? t.connection_back : t.connection_lost));
  showLink();
  goHomeIfThere();
}

/** While somebody chooses; the other screens say it themselves. */
export function showLink() {
  byId("link-bar").hidden = hall.online || isHome() || isBusy();
}

export function announce(text) {
  say(byId("announcer"), text);
}

export function showHall() {
  const { door, board } = hall;
  say(byId("waiting"), (t) => (board.waiting ? plural(t.waiting, board.waiting) : t.nobody_waits));
  showDesks();
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(door.state);
  }
  showStop();
  byId("paper-note").hidden = !isStill();
  say(byId("closed-lead"), leadText);
  say(byId("closed-note"), (t) => {
    const next = isServingOn() && (door.tickets_at ?? door.opens_at);
    return next ? fill(t.next_tickets, { when: when(next) }) : "";
  });
}

/** A ticket can be taken a little before the desks open: say when they do. */
function showDesks() {
  const opens = hall.door.opens_at && new Date(hall.door.opens_at);
  const early = opens && clock.now() < opens;
  byId("desks-note").hidden = !early && hall.board.desks_open > 0;
  say(byId("desks-note"), (t) =>
    early ? fill(t.desks_open_at, { time: clock.time(opens) }) : t.no_desk_yet,
  );
}

/** Why nothing is given for now, or not everything. */
function showStop() {
  const { interruption: stop, stopped, ended } = hall.door;
  visit.stop(stopped, ended);
  document.body.dataset.stop = hall.door.state === "interrupted" ? (stop?.kind ?? "") : "";
  say(byId("stop-title"), () => stop?.title[language()] ?? "");
  say(byId("stop-advice"), () => stop?.advice[language()] ?? "");
  byId("stop-note").hidden = !stop;
  say(byId("stop-note"), (t) => (stop ? stopNote(t, stop) : ""));
}

/** Few services are named, of many only why and until when; once that is known, tickets are given. */
function stopNote(t, { title, advice, resumption, services, resumes_at: resumes }) {
  const { door } = hall;
  const many = services?.length > NAMED_AT_MOST;
  const said = [title, resumes || many ? resumption : advice].map((text) => text[language()]);
  const closes = door.closes_at;
  const today = resumes && (!closes || new Date(resumes) < new Date(closes));
  return said.join(". ") + (today && isOpen() ? ` ${t.take_now}` : "");
}

/** After the last ticket: whoever waits or has a booking is served until the day ends. */
function isServingOn() {
  const { state, closes_at: closes, serves_on: serves } = hall.door;
  return state === "past_last_ticket" && Boolean(closes) && serves;
}

function leadText(t) {
  const { state, interruption, opens_at: opens, tickets_at: tickets, closes_at: closes } = hall.door;
  if (state === "interrupted") return interruption.resumption[language()];
  if (state !== "closed" && state !== "past_last_ticket") return "";
  if (isServingOn()) {
    return fill(t.works_until, { time: clock.time(closes) });
  }
  if (tickets && new Date(tickets) < new Date(opens)) {
    return fill(t.tickets_from, { when: when(tickets), time: clock.time(opens) });
  }
  return opens ? fill(t.opens, { when: when(opens) }) : "";
}

export function showClock() {
  put(byId("clock"), clock.time());
}
