/** The kiosk: what a touch, a key, a scan, the hall and the passing of time each lead to. */

import { signLife } from "/static/web/lib/device.js";
import { allowed, byId } from "/static/web/lib/dom.js";
import { isAsking } from "/static/web/lib/dialogs.js";
import { digitOf, isShortcut } from "/static/web/lib/keys.js";
import { language, name, say, speak } from "/static/web/lib/words.js";
import * as aloud from "./aloud.js";
import * as ease from "./ease.js";
import * as errand from "./errand.js";
import { hallOf } from "./hall.js";
import {
  announce,
  goHomeIfThere,
  home,
  isBusy,
  isHome,
  seeBoard,
  seeDoor,
  seeLink,
  showClock,
  showHall,
  showLink,
} from "./home.js";
import { watchIdle } from "./idle.js";
import * as keypad from "./keypad.js";
import * as narrator from "./narrator.js";
import { listenToKeypad, step, toChoice, toPrimary } from "./navigation.js";
import { printAgain } from "./paper.js";
import { foretell } from "./prospect.js";
import { codeIn, listenToScanner } from "./scanner.js";
import * as screens from "./screens.js";
import { clearTicket, toggleHold } from "./ticket.js";
import { known } from "./times.js";
import * as turner from "./turner.js";
import * as typing from "./typing.js";
import * as visit from "./visit.js";

const TAP_GUARD_MS = 400;

const { branch } = known;
/* The centre's first, unless the page's address has it otherwise; each visitor begins in it. */
const ownLanguage = language();

let goneHomeAt = -Infinity;

const idle = watchIdle({ onQuiet, onGone: restart });
const hall = hallOf(branch, known.board, {
  onBoard,
  onDoor,
  onLost: () => seeLink(false),
  onBack: () => {
    seeLink(true);
    errand.giveBackUnwanted();
  },
  onRefused,
});

errand.begin({ onEnd: restart, onSettled: idle.settle, onDoor, askDoor: hall.askDoor });
visit.allow(known.max_services);
visit.clear();
keypad.set("");
typing.clear();
for (const picture of document.querySelectorAll("#booking-qr svg, .prospect-booking svg")) {
  name(picture, (t) => t.booking_qr_label);
}
say(
  document.querySelector("title"),
  (t) => `${t.kiosk}, ${known.title[language()]} – ${known.centre[language()]}`,
);
speakAs(ownLanguage);
showHall();
screens.watch(onScreen);
screens.begin(home());
setInterval(showClock, 1000);
listenToScanner(onScan);
narrator.begin();
aloud.begin(idle.stir);
turner.watchLength();
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
listenToKeypad(
  {
    plugged: () => ease.sound(true),
    unplugged: () => ease.sound(false),
    help: narrator.again,
    up: () => step(-1),
    down: () => step(1),
    press: pressFocused,
    back: stepBack,
    next: toPrimary,
    quieter: () => aloud.louder(-1),
    louder: () => aloud.louder(1),
  },
  beginSound,
);

// What the visitor touches.

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (!allowed(button)) return refuse(button);
  const { go, service, remove, priority, people, digit, key, way, mode, letter } = button.dataset;
  if (go) open(go);
  else if (service) choose(service);
  else if (remove) discard(remove);
  else if (priority !== undefined) prefer(button, priority);
  else if (people) accompany(button);
  else if (button.dataset.visitLanguage) visit.speakIn(button.dataset.visitLanguage);
  else if (digit) keypad.enter(digit);
  else if (key) editCode(key);
  else if (letter) typing.type(letter);
  else if (button.dataset.typing) editTyped(button.dataset.typing);
  else if (way) errand.leadOn(way);
  else if (mode) toggleMode(button);
  else if (button.dataset.language) changeLanguage(button.dataset.language);
  else if ("back" in button.dataset) back();
  else if ("restart" in button.dataset) restart();
  else act(button.id);
}

function refuse(button) {
  const note = button.querySelector(".choice-note");
  announce((t) => note?.textContent || t.other_desk);
}

/** A second tap of the last visitor's finger must not begin the next visit. */
function open(screen) {
  if (isHome() && performance.now() - goneHomeAt < TAP_GUARD_MS) return;
  if (screen === "check-in") keypad.set("");
  if (screen === "typing") typing.clear();
  screens.go(screen);
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
    byId("chosen").querySelector("button").focus();
    foretell(branch, visit.services(), visit.priorityCode());
  }
}

function prefer(button, code) {
  visit.prefer(code, visit.titleIn(button));
  screens.backTo("confirm");
}

function accompany(button) {
  const { company, people } = button.dataset;
  visit.accompany(company, Number(people), visit.titleIn(button));
  screens.backTo("confirm");
}

function editCode(key) {
  if (key === "clear") keypad.set("");
  else keypad.deleteLast();
}

function editTyped(how) {
  if (how === "back") typing.deleteLast();
  else if (how === "half") typing.otherHalf();
  else typing.otherAlphabet();
}

/** The answer takes the screen only if its visitor still waits for it. */
async function findTyped() {
  if (!typing.question()) return;
  if ((await typing.find()) && screens.current() === "typing") screens.go("typed");
}

function toggleMode(button) {
  ease.toggle(button);
  if (button.dataset.mode !== "aloud") narrator.tellOf(button);
}

function changeLanguage(code) {
  speakAs(code);
  if (aloud.isOn()) narrator.again();
}

function speakAs(code) {
  speak(code);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
  visit.showLanguage();
  showClock();
}

/** From the confirmation, back is to choose the last service again. */
function back() {
  if (screens.current() === "confirm") visit.removeLast();
  if (!screens.back()) screens.begin(home());
}

function act(id) {
  if (id === "take") errand.takeTicket();
  else if (id === "check-in") errand.checkIn();
  else if (id === "find-typed") findTyped();
  else if (id === "ticket-done") restart();
  else if (id === "ticket-pause") toggleHold();
  else if (id === "reprint") printAgain();
  else if (id === "open-ease") ease.open();
  else if (id === "ease-done") closeEase();
  else if (id === "turn-up") turner.turn(-1);
  else if (id === "turn-down") turner.turn(1);
}

function closeEase() {
  ease.close();
  screens.toHeading();
}

/** Everything as it was before this visitor came. */
function restart() {
  errand.forget();
  visit.clear();
  keypad.set("");
  clearTicket();
  ease.reset();
  speakAs(ownLanguage);
  typing.clear();
  goneHomeAt = performance.now();
  screens.begin(home());
  idle.settle();
}

// What the visitor types or scans.

function onKey(event) {
  if (isShortcut(event)) return;
  if (event.key === "Escape" && !isHome()) return stepBack(event);
  if (isAsking()) return;
  if (screens.current() === "typing") return typeByKey(event);
  if (screens.current() !== "check-in") {
    if (aloud.isOn() && digitOf(event)) toChoice(Number(digitOf(event)));
    return;
  }
  if (/^\d$/.test(event.key)) keypad.enter(event.key);
  else if (event.key === "Backspace") keypad.deleteLast();
  else if (event.key === "Enter" && keypad.isWhole() && !event.target.closest("button")) {
    errand.checkIn();
  }
}

function typeByKey(event) {
  if (event.key === "Backspace") typing.deleteLast();
  else if (event.key === "Enter" && !event.target.closest("button")) findTyped();
  else if (event.key === " " ? !event.target.closest("button") : event.key.length === 1) {
    typing.type(event.key);
  }
}

function stepBack(event) {
  if (isAsking() || isBusy()) return;
  event.preventDefault();
  if (screens.current() === "problem") restart();
  else back();
}

/** The first key of somebody who listens begins the sound, and does no more. */
function beginSound() {
  if (aloud.isOn()) return false;
  ease.sound(true);
  return true;
}

function pressFocused() {
  const focused = document.activeElement?.closest("button");
  if (focused) focused.click();
  else narrator.again();
}

function onScan(text) {
  if (screens.current() === "sending" || screens.current() === "offline") return undefined;
  // Words that are typed quickly are no scan.
  if (screens.current() === "typing" && !codeIn(text)) return findTyped();
  idle.settle();
  clearTicket();
  return errand.scan(codeIn(text));
}

// What happens in the hall.

function onBoard(snapshot) {
  if (seeBoard(snapshot)) hall.askDoor();
}

function onDoor(fresh) {
  const outdated = seeDoor(fresh);
  if (outdated && isHome()) return location.reload();
  return goHomeIfThere();
}

function onRefused() {
  if (isHome()) location.reload();
}

function onScreen(screen) {
  turner.toTop();
  showLink();
  if (screen === "confirm") foretell(branch, visit.services(), visit.priorityCode());
}

// What nobody does for a while.

function onQuiet() {
  if (isBusy()) return "wait";
  if (!isHome()) return "ask";
  return language() !== ownLanguage || ease.isEased() ? "leave" : "wait";
}

errand.resume(speakAs);
signLife(known.door.page);
// Last: who is connected is taken for a screen that works.
hall.follow();
