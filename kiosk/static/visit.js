/** What the visitor has chosen: services that one desk gives together, perhaps a priority, and who
 * else comes. */

import { allow as enable, byId } from "/static/web/lib/dom.js";
import { language as screenLanguage, say, unsay } from "/static/web/lib/words.js";

/** By service: its buttons, in its group first and then wherever a word leads to it. */
const offers = new Map();
for (const button of document.querySelectorAll("[data-service]")) {
  const { service, desks } = button.dataset;
  if (offers.has(service)) offers.get(service).buttons.push(button);
  else offers.set(service, { buttons: [button], button, desks: new Set(desks.split(" ")) });
}
const groups = document.querySelectorAll("[data-group]");
const list = byId("chosen");
const row = byId("chosen-row");
const usualHints = new Map(
  ["priority-chosen", "company-chosen"].map((id) => [id, byId(id)?.cloneNode(true)]),
);
const ALONE = { company: null, people: 1 };

let chosen = [];
let priority = null;
let others = ALONE;
/* Of the visit, where it is not that of the screen. */
let spoken = null;
let most = 1;
let stopped = new Set();
let ended = new Set();

export function allow(services) {
  most = services;
}

/** Services that are not given for now, and those of which no more tickets are given today. */
export function stop(codes, over) {
  if (codes.join() === [...stopped].join() && over.join() === [...ended].join()) return;
  stopped = new Set(codes);
  ended = new Set(over);
  render();
}

/** One more button for this service, for where a search has found it; none where it is not given. */
export function offerAgain(code) {
  const offer = offers.get(code);
  if (!offer) return null;
  const button = offer.button.cloneNode(true);
  offer.buttons.push(button);
  showOffer(code, button);
  return button;
}

export function takeBack(button) {
  const offer = offers.get(button.dataset.service);
  offer.buttons = offer.buttons.filter((one) => one !== button);
  button.remove();
}

export function services() {
  return [...chosen];
}

export function priorityCode() {
  return priority;
}

/** As a request for a ticket says it. */
export function company() {
  return others;
}

export function language() {
  return spoken ?? screenLanguage();
}

export function has(code) {
  return chosen.includes(code);
}

/** Whether it is given now, and by some desk together with what is chosen. */
export function fits(code) {
  if (stopped.has(code) || ended.has(code)) return false;
  const { desks } = offers.get(code);
  return chosen.every((one) => one === code) || [...common()].some((desk) => desks.has(desk));
}

export function add(code) {
  chosen.push(code);
  render();
}

export function remove(code) {
  chosen = chosen.filter((one) => one !== code);
  render();
}

export function removeLast() {
  chosen.pop();
  render();
}

export function prefer(code, title) {
  priority = code || null;
  showChosen("priority-chosen", priority ? title : null);
}

/** `kind`: who comes along, if anybody; `title`: what this choice says, as nodes. */
export function accompany(kind, people, title) {
  others = { company: kind || null, people };
  const isAlone = !others.company && people === 1;
  showChosen("company-chosen", isAlone ? null : title);
}

export function speakIn(code) {
  spoken = code;
  showLanguage();
}

/** Which language the visit has, chosen or that of the screen; before the ticket where it is not
 * the screen's. */
export function showLanguage() {
  for (const button of document.querySelectorAll("[data-visit-language]")) {
    const isOfVisit = button.dataset.visitLanguage === language();
    button.setAttribute("aria-pressed", String(isOfVisit));
    if (isOfVisit) nameLanguage(button);
  }
}

function nameLanguage(button) {
  const hint = byId("language-chosen");
  hint.hidden = language() === screenLanguage();
  const name = hint.querySelector("strong");
  name.lang = button.lang;
  name.dir = button.dir;
  name.textContent = button.textContent;
}

export function clear() {
  chosen = [];
  prefer("", null);
  accompany("", 1, null);
  spoken = null;
  showLanguage();
  render();
}

/** Every language of a service's title, as nodes of their own. */
export function titleOf(code) {
  return titleIn(offers.get(code).button);
}

/** The same of any choice. */
export const titleIn = (button) => [
  ...button.querySelector(".choice-title").cloneNode(true).childNodes,
];

/** The same of a right to go first; none where the page knows it no more. */
export function titleOfRight(code) {
  const button = document.querySelector(`[data-priority="${CSS.escape(code)}"]`);
  return button ? titleIn(button) : [];
}

function common() {
  const [first, ...others] = chosen.map((code) => offers.get(code).desks);
  return new Set([...first].filter((desk) => others.every((desks) => desks.has(desk))));
}

function render() {
  list.replaceChildren(...chosen.map(chosenRow));
  const full = chosen.length >= most;
  const another = [...offers.keys()].some((code) => !has(code) && fits(code));
  byId("add-service").hidden = full || !another;
  byId("no-more-services").hidden = !full && another;
  for (const note of document.querySelectorAll("[data-adding]")) note.hidden = !chosen.length;
  for (const [code, { buttons }] of offers) {
    for (const button of buttons) showOffer(code, button);
  }
  for (const group of groups) showGroup(group);
}

function chosenRow(code) {
  const item = row.content.cloneNode(true).firstElementChild;
  const { button } = offers.get(code);
  item.querySelector(".chosen-title").append(...titleOf(code));
  item
    .querySelector(".chosen-time")
    .append(...button.querySelector(".choice-aside").cloneNode(true).childNodes);
  item.querySelector(".chosen-name").append(" ", ...titleOf(code));
  item.querySelector("button").dataset.remove = code;
  return item;
}

function showOffer(code, button) {
  const note = button.querySelector(".choice-note");
  const possible = fits(code);
  button.classList.toggle("choice-chosen", has(code));
  enable(button, possible);
  note.hidden = possible;
  if (possible) unsay(note);
  else say(note, (words) => words[refusalOf(code)]);
}

function refusalOf(code) {
  if (ended.has(code)) return "ended_service";
  return stopped.has(code) ? "paused_service" : "other_desk";
}

function showGroup(group) {
  const codes = [...offers].filter(([, { button }]) => button.dataset.groupOf === group.dataset.group);
  enable(group, codes.some(([code]) => fits(code)));
}

function showChosen(id, title) {
  const hint = byId(id);
  if (!hint) return;
  hint.replaceChildren(...(title ?? usualHints.get(id).cloneNode(true).childNodes));
  hint.closest(".choice").classList.toggle("choice-chosen", Boolean(title));
}
