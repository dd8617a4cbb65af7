/** The clerk's screen: shows the desk's snapshots; its buttons and keys say the clerk's verbs. */

import { isAsking } from "/static/web/lib/dialogs.js";
import { allowed, byId } from "/static/web/lib/dom.js";
import { digitOf, isShortcut } from "/static/web/lib/keys.js";
import { connect } from "/static/web/lib/live.js";
import { keepStill } from "/static/web/lib/still.js";
import { buttons, showActions, showDesk, verbButton } from "./actions.js";
import { showAway } from "./away.js";
import { showKeys } from "./dialogs.js";
import { showHistory } from "./done.js";
import { tickForgotten } from "./forgotten.js";
import { clock } from "./hall.js";
import { watchLeaving } from "/static/web/lib/leaving.js";
import { showPaper, watchPaper } from "./paper.js";
import { showPerson, tick } from "./person.js";
import { offerPicking, openList, showQueue, tickQueue, watchQueue } from "./queue.js";
import { refresh, say, shown, showWith } from "./saying.js";
import { modeOf, settle, state } from "./state.js";
import { showStops, watchStops } from "./stops.js";
import {
  doCorrect,
  doFinish,
  doHelp,
  doLeave,
  doPause,
  doPrimary,
  doReprint,
  doResumeCalls,
  doRow,
  doStop,
  doTransfer,
  verbs,
} from "./verbs.js";

/* The session is over, mostly: the page itself then leads to the sign-in. */
const REFUSED_FOR_MS = 2000;
const KEYS_SETTING = "console-digit-keys";
const NEXT_SETTING = "console-next-at-once";
const CALLED_JUST_NOW_SECONDS = 5;

const keysOn = byId("keys-on");
const stale = byId("stale");

/* What a snapshot shows */

function onSnapshot(snapshot) {
  clock.set(snapshot.at);
  const before = modeOf();
  state.screen = snapshot;
  if (modeOf() !== before) settle();
  keepStill(show);
  shown(snapshot);
}

function show() {
  const mode = modeOf();
  showPerson(state.screen);
  showQueue(state.screen);
  showStops(state.screen);
  showPaper(state.screen);
  showAway(state.screen);
  tickForgotten(state.screen);
  offerPicking(mode === "free" || mode === "empty");
  showActions();
  showDesk();
}

function everySecond() {
  tick();
  tickForgotten(state.screen);
  tickQueue();
  showActions();
}

/* The buttons and their keys */

function press(button, work) {
  button.addEventListener("click", () => allowed(button) && work());
}

press(buttons.primary, doPrimary);
press(buttons.pause, doPause);
press(buttons.resume, () => say(verbs.resume));
press(buttons.leave, doLeave);
press(buttons.stop, doStop);
byId("keys").addEventListener("click", showKeys);
press(buttons.undo, () => say(verbs.undo));
press(verbButton("transfer"), doTransfer);
press(buttons.done, doFinish);
press(buttons.help, doHelp);
press(buttons.history, showHistory);
for (const verb of ["recall", "no_show", "park", "back", "prove", "deny"]) {
  press(verbButton(verb), () => say(verbs[verb]));
}
watchStops(doResumeCalls);
watchPaper(doReprint);
byId("contact").addEventListener("click", ({ target }) => {
  const field = target.closest("[data-correct]")?.dataset.correct;
  if (field && !state.busy) doCorrect(field);
});
watchQueue(doRow);

const letters = { KeyH: buttons.history, KeyC: buttons.help };
const lists = { 6: "parked-list", 7: "missed-list" };
const digits = {
  1: () => verbButton("recall"),
  2: () => verbButton("no_show"),
  3: () => verbButton("park"),
  4: () => verbButton("transfer"),
  5: () => verbButton("back"),
  8: () => byId("today"),
  9: () => buttons.done,
  0: () => (buttons.pause.hidden ? buttons.resume : buttons.pause),
};

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
    if (!byId("undo").hidden) buttons.undo.click();
    return;
  }
  if (isShortcut(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
    return;
  }
  if (event.code === "Space" && !at.closest("button, a, summary, input, [tabindex='0']")) {
    event.preventDefault();
    buttons.primary.click();
    return;
  }
  if (!keysOn.checked) return;
  const list = lists[digitOf(event)];
  if (list) openList(list);
  const button = letters[event.code] ?? digits[digitOf(event)]?.();
  if (!button) return;
  event.preventDefault();
  if (!button.closest("[hidden]")) button.click();
}

document.addEventListener("keydown", onKey);

keysOn.checked = localStorage.getItem(KEYS_SETTING) !== "off";
keysOn.addEventListener("change", () => {
  localStorage.setItem(KEYS_SETTING, keysOn.checked ? "on" : "off");
});

const nextOn = byId("next-on");
nextOn.checked = localStorage.getItem(NEXT_SETTING) === "on";
nextOn.addEventListener("change", () => {
  localStorage.setItem(NEXT_SETTING, nextOn.checked ? "on" : "off");
});

/* From here on the screen lives */

showWith(onSnapshot);
watchLeaving(() => state.screen.current && modeOf() !== "away");
show();
const { current, desk } = state.screen;
if (current?.state === "called") {
  const justNow = clock.secondsSince(current.called_at) < CALLED_JUST_NOW_SECONDS;
  if (justNow) state.calledAt = performance.now();
  showActions();
}
setInterval(everySecond, 1000);
buttons.primary.focus({ preventScroll: true });
// Last: who is connected is taken for a screen that works.
connect(`/ws/desks/${desk.id}`, {
  onSnapshot,
  shown: state.screen,
  onStale: () => {
    stale.hidden = false;
    refresh();
  },
  onFresh: () => {
    stale.hidden = true;
  },
  onRefused: () => setTimeout(() => location.reload(), REFUSED_FOR_MS),
});
