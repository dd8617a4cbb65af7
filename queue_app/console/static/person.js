/** The middle of the screen: the person at the desk, or who comes next, and the time. */

import { byId, el, put } from "/static/web/lib/dom.js";
import { minutes, stopwatch } from "/static/web/lib/formats.js";
import { fill, language, plural } from "/static/web/lib/words.js";
import { clock, known, t } from "./hall.js";
import { why } from "./queue.js";
import { modeOf } from "./state.js";
import { callable, isWhole } from "./stops.js";

const LATE_TO_COME_SECONDS = 120;

const card = byId("person");
const body = byId("body");
const timer = byId("timer");
let shown = "";
let since = null;
let limit = null;
let plan = "";
let lateWord = "";

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
  if (mode === "free") return callable(screen)[0];
  if (mode === "interrupted") return screen.interruption;
  return screen.desk;
}

function tags(person) {
  return [
    person.due_at &&
      el("li", {
        class: "tag tag-booked",
        text: fill(t.tags.booked, { time: clock.time(person.due_at) }),
      }),
    person.priority &&
      el("li", {
        class: "tag tag-priority",
        text: fill(t.tags.priority, { reason: person.priority[language()] }),
      }),
    person.right_shown && el("li", { class: "tag tag-shown", text: t.tags.right_shown }),
    person.company && el("li", { class: "tag tag-company", text: person.company[language()] }),
    known.speaks[person.language] &&
      el("li", { class: "tag tag-language", text: known.speaks[person.language] }),
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
      person?.phone && el("p", {}, phoneLink(person)),
      isCall && !person.phone && el("p", { text: t.no_phone }),
      ...(person?.notes ?? []).map(note),
      ...(person?.refused ?? []).map(notArrived),
    ].filter(Boolean),
  );
}

const note = ({ author, at, text }) =>
  el(
    "p",
    { class: "contact-note", tabindex: "0" },
    el("span", { class: "quiet", text: `${author}, ${clock.time(at)}:` }),
    ` ${text}`,
  );

const notArrived = (field) =>
  el(
    "p",
    { class: "contact-refused" },
    `${t.refused[field]} `,
    el("button", {
      class: "button button-small",
      type: "button",
      "data-correct": field,
      text: t.correct.button,
    }),
  );

const phoneLink = ({ phone, phone_said }) =>
  el("a", { class: "contact-phone", href: `tel:${phone}`, text: phone_said });

const about = (person) =>
  el("div", { class: "asks" }, services(person), person.documents.length && documents(person));

/** A group is served one after the other. */
const forAll = (planned, { people }) =>
  people > 1 ? `${minutes(planned)} × ${people}` : minutes(planned);

function services(person) {
  const lines = person.service_codes.map((code) => {
    const service = known.services[code];
    return el(
      "li",
      {},
      el("span", { text: service?.title ?? code }),
      " ",
      el("span", { class: "minutes", text: service ? forAll(service.minutes, person) : "" }),
    );
  });
  return el(
    "section",
    { class: "services" },
    el("h2", { text: t.services_title }),
    el("ol", {}, ...lines),
  );
}

function documents(person) {
  const asked = person.documents.map((code) => known.checklists[code]).filter(Boolean);
  const lists = asked.map(({ title, items }) =>
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
    el("h2", { text: t.documents_title }),
    ...lists,
  );
}

function instead(mode, screen) {
  if (mode === "free") return next(callable(screen)[0]);
  const hints = {
    empty: t.empty_hint,
    interrupted: screen.interruption?.resumption[language()],
    paused: screen.desk.pause_reason || t.paused_hint,
    away: screen.desk.clerk
      ? fill(t.away_hint.taken, { clerk: screen.desk.clerk })
      : t.away_hint.closed,
  };
  return [el("p", { class: "lead quiet", text: hints[mode] })];
}

function next(first) {
  return [
    el("p", { class: "next-label", text: t.next_label }),
    el(
      "p",
      { class: "next-who" },
      el("strong", { class: "next-number", text: first.number }),
      " ",
      el("span", { text: why(first) }),
    ),
    first.company && el("p", { class: "next-company", text: first.company[language()] }),
    el("p", {
      class: "next-what",
      text: first.services.map((service) => service[language()]).join("; "),
    }),
  ].filter(Boolean);
}

function setTimer(mode, screen) {
  const person = screen.current;
  lateWord = t.late_to_come[person?.channel ?? "visit"];
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
  const seconds = clock.secondsSince(since);
  const over = limit !== null && seconds > limit;
  put(byId("time"), stopwatch(seconds));
  put(byId("plan"), over && !plan ? lateWord : plan);
  timer.classList.toggle("timer-over", over);
}
