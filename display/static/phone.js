/** One's own ticket on a phone: how many are ahead, and the call when it comes. */

import { HallClock } from "/static/web/lib/clock.js";
import { byId, el, pulse, put } from "/static/web/lib/dom.js";
import { minutes } from "/static/web/lib/formats.js";
import { connect } from "/static/web/lib/live.js";
import { ask } from "/static/web/lib/requests.js";
import { isOlder } from "/static/web/lib/versions.js";
import { facts, fill, language, plural, texts } from "/static/web/lib/words.js";
import { stayAwake } from "./awake.js";
import { Chime } from "./chime.js";

const VIBRATION = [400, 150, 400, 150, 800];
/** The stylesheet has a size for so many, and more. */
const MOST_SIGNS = 7;
const LEAVE_WITHIN_MS = 10_000;
const t = texts();
const known = facts();
const clock = new HallClock(known.zone, known.at);

let push = null;
let shown = null;
let lastNews = known.at;
let chime = null;

function onSnapshot(ticket) {
  const before = shown;
  if (before && isOlder(ticket, before)) return;
  shown = ticket;
  clock.set(ticket.at);
  lastNews = ticket.at;
  showState(ticket);
  showStop(ticket);
  showFields(ticket);
  showServices(ticket);
  tell(before, ticket);
}

function showState(ticket) {
  const { state, calls } = ticket;
  for (const section of document.querySelectorAll("[data-state]")) {
    section.hidden = section.dataset.state !== state;
  }
  const held = isHeld(ticket);
  document.body.classList.toggle("is-called", state === "called" && !held);
  document.body.classList.toggle("is-held", held);
  field("go", held ? t.go_later : t.go);
  byId("again")?.toggleAttribute("hidden", calls < 2);
  byId("leave").hidden = state !== "waiting" && state !== "parked";
  offerSound();
  push?.show(isAwaiting(ticket));
  document.title = `${titleOf(ticket)} – ${known.centre}`;
}

const isAwaiting = ({ state }) => state === "waiting" || state === "parked";

function titleOf(ticket) {
  const phoned = ticket.state === "called" && ticket.channel === "phone";
  return fill(t.titles[phoned ? "phoned" : ticket.state], { ...ticket, desk: ticket.desk ?? "" });
}

/** Called, and then everything stopped: first the shelter, then the desk. */
const isHeld = ({ state, interruption: stop }) =>
  state === "called" && Boolean(stop) && !stop.services;

/** Why nobody is called, for those who wait; and whoever was just called goes to the shelter, too. */
function showStop({ interruption: stop, state }) {
  const waits = state === "waiting" || state === "parked";
  const shown = stop && (waits || (state === "called" && !stop.services));
  byId("stop").hidden = !shown;
  if (!shown) return;
  byId("stop").classList.toggle("notice-success", Boolean(stop.ended_at));
  byId("stop").classList.toggle("notice-warning", !stop.ended_at);
  field("stop_title", stop.title[language()]);
  field("stop_advice", stop.advice[language()]);
  field("stop_when", stop.resumption[language()]);
}

function showFields(ticket) {
  const called = ticket.called_at ? clock.time(ticket.called_at) : "";
  field("ahead", ahead(ticket));
  field("wait", ticket.wait ? wait(ticket.wait) : isStopped(ticket) ? t.paused : t.unknown);
  field("hedge", hedge(ticket));
  field("overtaken", ticket.overtaken?.[language()] ?? "");
  byId("overtaken")?.toggleAttribute("hidden", !ticket.overtaken);
  field("promise", ticket.promise?.[language()] ?? "");
  byId("promise")?.toggleAttribute("hidden", !ticket.promise);
  byId("anew").hidden = Boolean(ticket.promise) || ticket.let_go;
  byId("let-go")?.toggleAttribute("hidden", !ticket.let_go);
  for (const id of ["figures", "hedge"]) {
    byId(id)?.toggleAttribute("hidden", Boolean(ticket.expected_at));
  }
  const late = ticket.served === "perhaps";
  field("closing", late ? fill(t.closing, { time: clock.time(ticket.closes_at) }) : "");
  byId("closing")?.toggleAttribute("hidden", !late);
  field("desk", ticket.desk ?? "");
  showSize(ticket.desk ?? "");
  field("called_at", called);
  field("missed", fill(t.missed, { desk: ticket.desk ?? "", time: called }));
}

/** A desk with a long name is named in smaller letters. */
function showSize(desk) {
  const place = document.querySelector(".go-desk");
  if (place) place.dataset.signs = Math.min(desk.length, MOST_SIGNS);
}

function field(name, text) {
  for (const element of document.querySelectorAll(`[data-field="${name}"]`)) put(element, text);
}

function ahead({ people_ahead }) {
  return people_ahead ? plural(t.people, people_ahead) : t.nobody;
}

/** Whether nobody knows yet when calls resume. */
const isStopped = ({ interruption: stop }) => Boolean(stop) && !stop.ended_at;

function hedge(ticket) {
  const { wait, people_ahead } = ticket;
  if (isStopped(ticket)) return t.place_kept;
  if (!wait) return t.no_estimate;
  return people_ahead ? t.estimate : t.you_are_next;
}

function wait({ low_minutes: low, high_minutes: high }) {
  if (low === 0) return fill(t.up_to, { minutes: minutes(high) });
  return minutes(low, high);
}

function showServices({ services }) {
  const list = byId("services");
  const titles = services.map((title) => title[language()]);
  if (titles.join("\n") === [...list.children].map((item) => item.textContent).join("\n")) return;
  list.replaceChildren(...titles.map((text) => el("li", { text })));
}

/** Speaks, rings and shakes for what is new since the last snapshot; a reload does not repeat it. */
function tell(before, ticket) {
  if (ticket.state === "called" && !isHeld(ticket)) return callOut(ticket);
  document.body.classList.remove("beckon");
  put(byId("alarm"), "");
  if (!before) return;
  if (before.state !== ticket.state) put(byId("news"), titleOf(ticket));
  else if (ticket.state === "waiting" && before.people_ahead !== ticket.people_ahead) {
    put(byId("news"), fill(t.ahead, { ahead: ahead(ticket) }));
  }
}

function callOut(ticket) {
  const call = `${ticket.called_at} ${ticket.calls}`;
  if (answered() === call) return;
  answer(call);
  put(byId("news"), "");
  put(byId("alarm"), alarm(ticket));
  pulse(document.body, "beckon");
  scrollTo(0, 0);
  shake(VIBRATION);
  chime?.play();
}

function alarm(ticket) {
  if (ticket.channel === "phone") return titleOf(ticket);
  return fill(ticket.calls > 1 ? t.alarm_again : t.alarm, ticket);
}

/** A browser refuses, aloud, to shake for a page that nobody has touched. */
function shake(pattern) {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern);
}

let inMemory = null;

function answered() {
  try {
    return sessionStorage.getItem(`call:${known.token}`);
  } catch {
    return inMemory;
  }
}

function answer(call) {
  inMemory = call;
  try {
    sessionStorage.setItem(`call:${known.token}`, call);
  } catch {
    // Storage is switched off: only a reload will ring again.
  }
}

function onStale() {
  put(byId("stale"), fill(t.stale, { time: clock.time(lastNews) }));
  byId("stale").hidden = false;
}

function onFresh() {
  byId("stale").hidden = true;
}

function offerSound() {
  const offer = byId("sound-offer");
  if (!offer) return;
  offer.hidden = shown?.state !== "waiting" && shown?.state !== "parked";
  offer.removeAttribute("data-asleep");
}

/** The touch that browsers ask for before a page may sound, vibrate or keep the screen on. */
async function turnSoundOn() {
  chime ??= new Chime();
  await chime.unlock();
  chime.play();
  shake(200);
  stayAwake();
  byId("sound").hidden = true;
  put(byId("sound-state"), t.sound_on);
}

async function leave(event) {
  event.preventDefault();
  put(byId("leave-error"), "");
  const answer = await ask(`/api/v1/tickets/${known.token}/leavings`, {
    method: "POST",
    headers: { "Accept-Language": language() },
    withinMs: LEAVE_WITHIN_MS,
  });
  if (answer?.ok) {
    onSnapshot(answer.content);
    scrollTo(0, 0);
  } else {
    const { title, detail } = answer?.content ?? {};
    put(byId("leave-error"), title ? `${title}. ${detail}` : t.failed);
  }
}

/** The page tells its state without it: it comes when all else is there. */
async function offerMessages() {
  const { offerPush } = await import("/static/web/lib/push.js");
  const place = byId("push");
  // Whatever it turns out to say, nothing below it moves.
  place.style.minHeight = `${place.offsetHeight}px`;
  push = offerPush(`/api/v1/tickets/${known.token}/pushes`, t.push);
  if (!push) place.hidden = true;
  else if (shown) push.show(isAwaiting(shown));
  place.removeAttribute("data-asleep");
}

byId("sound")?.addEventListener("click", turnSoundOn);
byId("leave-form").addEventListener("submit", leave);
byId("stay").hidden = false;
byId("stay").addEventListener("click", () => {
  byId("leave").open = false;
  byId("leave").querySelector("summary").focus();
});
connect(`/ws/tickets/${known.token}`, { onSnapshot, onStale, onFresh, shown: known });
if (byId("push")) offerMessages();
