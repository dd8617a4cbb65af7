/** The middle of the screen: the person at the desk, or who comes next, and the time. */

import { byId, el, fill, language, minutes, plural, put, stopwatch, t, timeOf } from "./words.js";
import { secondsSince } from "./hallclock.js";
import { callable, isWhole } from "./stops.js";

const LATE_TO_COME_SECONDS = 120;

const card = byId("person");
const body = byId("body");
const timer = byId("timer");
let shown = "";
let since = null;
let limit = null;
let plan = "";

/** called, serving, paused, interrupted, free, empty, or away: the desk is not this clerk's. */
export function modeOf(screen) {
  if (screen.desk.staff_id !== t.staff) return "away";
  if (screen.current) return screen.current.state;
  if (screen.desk.state === "paused") return "paused";
  if (isWhole(screen.interruption)) return "interrupted";
  return callable(screen).length ? "free" : "empty";
}

export function showPerson(screen) {
  const mode = modeOf(screen);
  const person = mode === "away" ? null : screen.current;
  card.dataset.mode = mode;
  put(byId("state"), person ? t.modes[person.channel === "phone" ? `call-${mode}` : mode] : "");
  put(byId("number"), person ? person.number : t.modes[mode]);
  const content = JSON.stringify([mode, person ?? rest(mode, screen)]);
  if (content !== shown) {
    shown = content;
    byId("tags").replaceChildren(...(person ? tags(person) : []));
    showContact(person);
    body.replaceChildren(...(person ? [about(person)] : instead(mode, screen)));
  }
  setTimer(mode, screen);
  tick();
}

/** What the screen says when nobody is at the desk depends on this alone. */
function rest(mode, screen) {
  if (mode === "free") return screen.queue[0];
  if (mode === "interrupted") return screen.interruption;
  return screen.desk;
}

function tags(person) {
  return [
    person.due_at &&
      el("li", {
        class: "tag tag-booked",
        text: fill(t.tags.booked, { time: timeOf(person.due_at) }),
      }),
    person.priority &&
      el("li", {
        class: "tag tag-priority",
        text: fill(t.tags.priority, { reason: person.priority[language] }),
      }),
    person.language === "en" && el("li", { class: "tag tag-language", text: t.tags.english }),
    person.calls > 1 && el("li", { class: "tag", text: plural(t.tags.calls, person.calls) }),
  ].filter(Boolean);
}

function showContact(person) {
  const isCall = person?.channel === "phone";
  const contact = byId("contact");
  contact.classList.toggle("contact-call", isCall);
  contact.replaceChildren(
    ...[
      person?.name && el("p", { class: "contact-name", text: person.name }),
      person?.phone && el("p", {}, phoneLink(person.phone)),
      isCall && !person.phone && el("p", { text: t.noPhone }),
    ].filter(Boolean),
  );
}

const phoneLink = (phone) =>
  el("a", { class: "contact-phone", href: `tel:${phone}`, text: grouped(phone) });

/** A Ukrainian number as it is read aloud: +380 67 123 45 67. */
const grouped = (phone) =>
  phone.replace(/^(\+380)(\d\d)(\d{3})(\d\d)(\d\d)$/, "$1\u00a0$2\u00a0$3\u00a0$4\u00a0$5");

const about = (person) =>
  el("div", { class: "asks" }, services(person), person.documents.length && documents(person));

function services(person) {
  const lines = person.service_codes.map((code) => {
    const known = t.services[code];
    return el(
      "li",
      {},
      el("span", { text: known?.title ?? code }),
      " ",
      el("span", { class: "minutes", text: known ? minutes(known.minutes) : "" }),
    );
  });
  return el(
    "section",
    { class: "services" },
    el("h2", { text: t.servicesTitle }),
    el("ol", {}, ...lines),
  );
}

function documents(person) {
  const known = person.documents.map((code) => t.checklists[code]).filter(Boolean);
  const lists = known.map(({ title, items }) =>
    el(
      "details",
      { open: person.documents.length === 1 },
      el("summary", { text: title }),
      el("ul", {}, ...items.map((item) => el("li", { text: item }))),
    ),
  );
  return el(
    "section",
    { class: "documents" },
    el("h2", { text: t.documentsTitle }),
    ...lists,
  );
}

function instead(mode, screen) {
  if (mode === "free") return next(screen.queue[0]);
  const hints = {
    empty: t.emptyHint,
    interrupted: screen.interruption?.resumption[language],
    paused: screen.desk.pause_reason || t.pausedHint,
    away: screen.desk.clerk
      ? fill(t.awayHint.taken, { clerk: screen.desk.clerk })
      : t.awayHint.closed,
  };
  return [el("p", { class: "lead quiet", text: hints[mode] })];
}

function next(first) {
  return [
    el("p", { class: "next-label", text: t.nextLabel }),
    el(
      "p",
      { class: "next-who" },
      el("strong", { class: "next-number", text: first.number }),
      " ",
      el("span", { text: first.reason[language] }),
    ),
    el("p", {
      class: "next-what",
      text: first.services.map((service) => service[language]).join("; "),
    }),
  ];
}

function setTimer(mode, screen) {
  const person = screen.current;
  [since, limit, plan] = {
    called: () => [
      person.awaited_since,
      isWhole(screen.interruption) ? null : LATE_TO_COME_SECONDS,
      "",
    ],
    serving: () => [
      person.started_at,
      person.planned_minutes * 60,
      fill(t.planned, { minutes: minutes(person.planned_minutes) }),
    ],
    paused: () => [screen.desk.since, null, ""],
    interrupted: () => [screen.interruption.since, null, ""],
  }[mode]?.() ?? [null, null, ""];
  timer.hidden = since === null;
}

/** Once a second: the time, calm amber when it is past what was planned. */
export function tick() {
  if (since === null) return;
  const seconds = secondsSince(since);
  const over = limit !== null && seconds > limit;
  put(byId("time"), stopwatch(seconds));
  put(byId("plan"), over && !plan ? t.lateToCome : plan);
  timer.classList.toggle("timer-over", over);
}
