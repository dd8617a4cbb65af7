/**
 * The queue at the side. While the pointer is over it or the focus in it, no row moves: those
 * who have gone are marked where they stand, and the new order comes when the clerk leaves it.
 */

import { allow, allowed, byId, put } from "/static/web/lib/dom.js";
import { minutes } from "/static/web/lib/formats.js";
import { fill, language, plural } from "/static/web/lib/words.js";
import { clock, t } from "./hall.js";

const side = byId("side");
const held = byId("held");
const lists = {
  pick: { list: byId("queue"), template: byId("row-pick"), of: (screen) => screen.queue },
  parked: { list: byId("parked"), template: byId("row-return"), of: (screen) => screen.parked },
  missed: { list: byId("missed"), template: byId("row-return"), of: (screen) => screen.missed },
};
let newest = null;
let people = new Map();

/** Picking somebody is offered while the desk is open and free. */
export function offerPicking(possible) {
  side.toggleAttribute("data-can-call", possible);
}

/** `onRow(verb, person, screen)`: the clerk pressed the button of a row. */
export function watchQueue(onRow) {
  for (const event of ["pointerleave", "focusout"]) {
    side.addEventListener(event, () => setTimeout(release, 0));
  }
  side.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-verb]");
    if (!button || !allowed(button)) return;
    const person = people.get(Number(button.closest(".row").dataset.ticket));
    if (person) onRow(button.dataset.verb, person, newest);
  });
}

export function showQueue(screen) {
  newest = screen;
  if (isHeld() && moved(screen)) {
    markGone(screen);
    held.hidden = false;
  } else {
    draw(screen);
  }
  tickQueue();
}

const isHeld = () => side.matches(":hover") || side.contains(document.activeElement);

function release() {
  if (!newest || held.hidden || isHeld()) return;
  draw(newest);
  tickQueue();
}

/** Whether drawing this screen would move a row from where it is. */
function moved(screen) {
  return Object.values(lists).some(({ list, of }) => {
    const now = of(screen).map((one) => one.ticket);
    const there = Array.from(list.children, (row) => Number(row.dataset.ticket));
    return now.join() !== there.join();
  });
}

function markGone(screen) {
  const present = new Set(
    Object.values(lists).flatMap(({ of }) => of(screen).map((one) => one.ticket)),
  );
  for (const row of side.querySelectorAll(".row")) {
    const gone = !present.has(Number(row.dataset.ticket));
    row.classList.toggle("row-gone", gone);
    allow(row.querySelector("button"), !gone);
    if (gone) put(row.querySelector("[data-slot=why]"), t.gone);
  }
}

function draw(screen) {
  held.hidden = true;
  people = new Map(
    [...screen.queue, ...screen.parked, ...screen.missed].map((one) => [one.ticket, one]),
  );
  for (const { list, template, of } of Object.values(lists)) fillList(list, template, of(screen));
  put(byId("queue-count"), String(screen.queue.length));
  byId("queue-empty").hidden = screen.queue.length > 0;
  byId("elsewhere").hidden = !screen.elsewhere;
  put(byId("elsewhere"), elsewhere(screen));
  fold("parked-list", t.parked_count, screen.parked.length);
  const calls = screen.missed.some((one) => one.channel === "phone");
  fold("missed-list", calls ? t.unreached_count : t.missed_count, screen.missed.length);
}

function elsewhere({ elsewhere: all, elsewhere_calls: calls }) {
  const visits = all - calls;
  const said = [visits && plural(t.elsewhere, visits), calls && plural(t.elsewhere_calls, calls)];
  return said.filter(Boolean).join(" · ");
}

/** Rows are kept by ticket, so that a button under the focus stays the same button. */
function fillList(list, template, ones) {
  const rows = new Map(Array.from(list.children, (row) => [Number(row.dataset.ticket), row]));
  const wanted = ones.map((one) => {
    const row = rows.get(one.ticket) ?? template.content.firstElementChild.cloneNode(true);
    return fillRow(row, one);
  });
  const same =
    wanted.length === list.children.length && wanted.every((row, i) => row === list.children[i]);
  if (!same) list.replaceChildren(...wanted);
}

function fillRow(row, one) {
  const slot = (name) => row.querySelector(`[data-slot=${name}]`);
  row.dataset.ticket = one.ticket;
  row.classList.remove("row-gone");
  allow(row.querySelector("button"), one.reason_code !== "service_paused");
  put(slot("number"), one.number);
  put(slot("name"), ` ${one.number}`);
  put(slot("what"), one.services.map((service) => service[language()]).join("; "));
  put(slot("company"), one.company?.[language()] ?? "");
  slot("company").hidden = !one.company;
  put(slot("why"), why(one));
  put(slot("ahead"), one.wait ? callIn(one.wait) : "");
  row.dataset.reason = one.reason_code;
  return row;
}

const callIn = ({ low_minutes: low, high_minutes: high }) =>
  fill(t.call_in, { wait: minutes(low, high) });

/** The reason of the ranking; for those outside it the booked time. */
export function why(one) {
  const booked = one.due_at && fill(t.tags.booked, { time: clock.time(one.due_at) });
  const phone = one.channel === "phone" && t.tags.phone;
  return [phone, one.reason[language()] || booked].filter(Boolean).join(" · ");
}

function fold(id, text, count) {
  const list = byId(id);
  list.hidden = count === 0;
  put(list.querySelector("summary [data-slot=title]"), fill(text, { count }));
}

/** Opens the list of those who are set aside, or did not come, and goes to its first person. */
export function openList(id) {
  const list = byId(id);
  if (list.hidden) return;
  list.open = true;
  list.querySelector(".row button").focus();
  list.scrollIntoView({ block: "nearest" });
}

/** The waits grow in place. */
export function tickQueue() {
  for (const row of side.querySelectorAll(".row")) {
    const one = people.get(Number(row.dataset.ticket));
    if (one) put(row.querySelector("[data-slot=wait]"), minutes(clock.secondsSince(one.issued_at) / 60));
  }
}
