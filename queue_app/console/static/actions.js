/** The buttons, as far as each is of use now, and what came of the last one. */

import { allow, byId, put } from "/static/web/lib/dom.js";
import { isAsking } from "/static/web/lib/dialogs.js";
import { stopwatch } from "/static/web/lib/formats.js";
import { fill } from "/static/web/lib/words.js";
import { clock, t } from "./hall.js";
import { allowReprints } from "./paper.js";
import { modeOf, state } from "./state.js";
import { allowResuming, isWhole } from "./stops.js";

const RECALL_EVERY_MS = 5000;
const RESULT_FOR_MS = 15000;

const secondary = byId("secondary");

export const buttons = {
  primary: byId("primary"),
  pause: byId("pause"),
  resume: byId("resume"),
  leave: byId("leave"),
  stop: byId("stop"),
  undo: byId("undo-button"),
  done: byId("done-button"),
  help: byId("help"),
  history: byId("history-button"),
};

export const verbButton = (verb) => document.querySelector(`[data-verb=${verb}]`);
const wordOf = (button) => button.querySelector("[data-slot=word]");
const word = (verb) => wordOf(verbButton(verb));

let resultTimer = 0;

export function showActions() {
  const { screen, busy } = state;
  const mode = modeOf();
  const person = mode === "away" ? null : screen.current;
  const channel = person?.channel ?? "visit";
  put(byId("primary-word"), t.primary[mode]);
  put(word("recall"), recallWord(mode, channel));
  put(word("no_show"), absentWord(person, channel));
  secondary.toggleAttribute("data-idle", !person);
  const usable = !busy;
  allow(buttons.primary, usable && mode !== "empty" && mode !== "interrupted");
  allowResuming(usable);
  allowReprints(usable);
  const mayCome = mode === "called" && !isWhole(screen.interruption);
  allow(verbButton("recall"), usable && mayCome && recallIn() <= 0);
  allow(verbButton("no_show"), usable && mayCome);
  for (const verb of ["park", "transfer", "back"]) allow(verbButton(verb), usable && !!person);
  byId("person-ways").hidden = !person;
  allow(buttons.done, usable && mode === "serving");
  byId("right").hidden = !person?.priority || person.right_shown !== null;
  allow(verbButton("prove"), usable && mode === "serving");
  allow(verbButton("deny"), usable && !!person);
  for (const name of ["pause", "resume", "leave", "stop", "help"]) allow(buttons[name], usable);
  showUndo(mode);
}

/** Whoever was called before their booked time has not missed it. */
const absentWord = (person, channel) =>
  person?.expected_at
    ? fill(t.expect[channel], { time: clock.time(person.expected_at) })
    : t.no_show[channel];

const recallIn = () => Math.ceil((state.calledAt + RECALL_EVERY_MS - performance.now()) / 1000);

function recallWord(mode, channel) {
  const seconds = recallIn();
  const plain = t.recall[channel];
  return mode === "called" && seconds > 0 ? `${plain} ${fill(t.recall_soon, { seconds })}` : plain;
}

function showUndo(mode) {
  const { undo } = state.screen;
  const left = undo ? (Date.parse(undo.until) - clock.now()) / 1000 : 0;
  const possible = left > 0 && mode !== "away";
  byId("undo").hidden = !possible;
  if (!possible) return;
  put(byId("undo-what"), fill(undoWord(undo), { number: undo.number }));
  put(byId("undo-time"), stopwatch(left));
  allow(buttons.undo, !state.busy);
}

/** Of a phone call nobody is said to have come or not. */
function undoWord({ verb, channel, back }) {
  if (back) return t.undo_back;
  return (channel === "phone" && t.undo_call[verb]) || t.undo[verb];
}

export function showDesk() {
  const { desk, current } = state.screen;
  const { state: works, pause_reason: reason } = desk;
  const away = modeOf() === "away";
  const paused = works === "paused";
  const pill = byId("pill");
  pill.dataset.state = away ? "closed" : works;
  const onBreak = current ? t.break_after : [t.break, reason].filter(Boolean).join(": ");
  put(pill, away ? t.modes.away : paused ? onBreak : t.at_work);
  pill.title = pill.textContent;
  buttons.pause.hidden = paused || away;
  buttons.resume.hidden = !paused || away;
  buttons.leave.hidden = away;
  buttons.stop.hidden = away;
  put(wordOf(buttons.pause), desk.break_asked_at ? t.break_asked : t.take_break);
  const { help_at: help } = desk;
  put(wordOf(buttons.help), help ? fill(t.help.asked, { time: clock.time(help) }) : t.help.ask);
  buttons.help.setAttribute("aria-pressed", String(Boolean(help)));
  buttons.help.hidden = away;
  const place = fill(t.desk_title, { number: desk.number });
  document.title = current ? `${current.number} · ${place}` : place;
}

export function tell(message, warning = false) {
  if (!message) return;
  const result = byId("result");
  put(result, message);
  result.classList.toggle("result-warning", warning);
  clearTimeout(resultTimer);
  resultTimer = setTimeout(() => put(result, ""), RESULT_FOR_MS);
}

/** After a verb the focus is on the next action, unless the clerk has gone elsewhere meanwhile. */
export function homeFocus() {
  if (isAsking()) return;
  const at = document.activeElement;
  if (at === document.body || at.closest("button")) buttons.primary.focus({ preventScroll: true });
}
