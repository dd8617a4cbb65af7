/** The ticket that was given: large, with its way to the phone, for long enough. */

import { byId, el } from "/static/web/lib/dom.js";
import { minutes } from "/static/web/lib/formats.js";
import { fill, language, name, plural, say, unsay } from "/static/web/lib/words.js";
import { countdown } from "./countdown.js";
import { followPaper, forgetPaper } from "./paper.js";
import { clock } from "./times.js";
import { titleOf, titleOfRight } from "./visit.js";

const SHOWN_SECONDS = 30;
const HELD_AT_MOST_MS = 180_000;
const QR_PAUSE_MS = 1_000;
const QR_ATTEMPTS = 20;
const LINES = 3;

let running = null;
let shown = null;
let heldTimer = 0;
let left = 0;
let tell = () => {};

/** Fill the screen. `pause`: says that nobody is called for it now; `priority`: the right by which
 * its holder goes first, if any; `closes`: when the branch does;
 * `onLeft(seconds, held)`: for how long it is still shown. */
export function showTicket(
  ticket,
  { branch, pause, priority, closes, onEnd, onLeft, seconds = SHOWN_SECONDS },
) {
  shown = ticket.token;
  byId("ticket-number").textContent = ticket.number;
  showServices(ticket.services);
  showRight(priority);
  showCompany(ticket);
  showPlace(ticket, pause);
  warn(ticket, closes && new Date(closes));
  showQr(branch, ticket.token);
  followPaper(branch, ticket);
  byId("ticket-progress").max = SHOWN_SECONDS;
  tell = onLeft;
  running = countdown(seconds, { onTick, onEnd });
  hold(false);
}

/** Nothing of this visitor stays. */
export function clearTicket() {
  running?.stop();
  running = null;
  shown = null;
  clearTimeout(heldTimer);
  forgetPaper();
  byId("ticket-number").textContent = "";
  byId("ticket-services").querySelectorAll("li").forEach(unsay);
  byId("ticket-services").replaceChildren();
  byId("ticket-qr").replaceChildren();
}

/** Stop the countdown, or let it go on; a screen that was forgotten goes on by itself. */
export function toggleHold() {
  hold(byId("ticket-pause").getAttribute("aria-pressed") !== "true");
}

function hold(wish) {
  running.hold(wish);
  tell(left, wish);
  byId("ticket-pause").setAttribute("aria-pressed", String(wish));
  clearTimeout(heldTimer);
  if (wish) heldTimer = setTimeout(() => hold(false), HELD_AT_MOST_MS);
}

function onTick(seconds) {
  left = seconds;
  tell(left, false);
  say(byId("ticket-left"), (t) => plural(t.seconds_left, left));
  byId("ticket-progress").value = left;
}

/** Three lines at most: the visitor has just seen them all. */
function showServices(codes) {
  const named = codes.length > LINES ? codes.slice(0, LINES - 1) : codes;
  byId("ticket-services").replaceChildren(...named.map(serviceItem));
  const more = codes.length - named.length;
  if (!more) return;
  const rest = el("li");
  say(rest, (t) => plural(t.more_services, more));
  byId("ticket-services").append(rest);
}

const serviceItem = (code) => el("li", {}, ...titleOf(code));

/** Why its holder goes first. */
function showRight(code) {
  const title = code ? titleOfRight(code) : [];
  byId("ticket-priority").hidden = !title.length;
  byId("ticket-priority-title").replaceChildren(...title);
}

/** Who else comes to the desk. */
function showCompany({ people, company }) {
  byId("ticket-company").hidden = !company && people === 1;
  say(byId("ticket-company"), (t) =>
    [people > 1 && plural(t.group, people), company && t.company[company]]
      .filter(Boolean)
      .join(" "),
  );
}

function showPlace(ticket, pause) {
  const waiting = ticket.state === "waiting";
  byId("ticket-ahead-row").hidden = !waiting;
  byId("ticket-wait-row").hidden = !waiting || !ticket.wait;
  byId("ticket-unknown").hidden = !waiting || Boolean(ticket.wait || pause);
  byId("ticket-paused").hidden = !waiting || !pause;
  say(byId("ticket-paused"), (t) => pause?.(t) ?? "");
  say(byId("ticket-ahead"), (t) => ahead(t, ticket, pause));
  say(byId("ticket-wait"), (t) => waitText(t, ticket.wait));

  const due = ticket.due_at && new Date(ticket.due_at);
  const late = due && ticket.late;
  byId("ticket-due-row").hidden = !due || late;
  if (due) say(byId("ticket-due"), () => clock.time(due));

  const early = due && clock.now() < due;
  byId("ticket-note").hidden = waiting && !late && !early;
  say(byId("ticket-note"), (t) => {
    if (!waiting) return t.already_called;
    const note = late ? t.late_now : early ? t.early_now : "";
    return note && fill(note, { time: clock.time(due) });
  });
}

/** The range may reach past closing: said on the screen before the ticket, and kept on it. */
function warn({ state, wait }, closes) {
  const left = closes ? (closes - clock.now()) / 60_000 : Infinity;
  const perhaps = state === "waiting" && wait && wait.high_minutes > left;
  byId("ticket-closing").hidden = !perhaps;
  say(byId("ticket-closing"), (t) =>
    perhaps ? fill(t.perhaps_not_today, { time: clock.time(closes) }) : "",
  );
}

/** Nobody is next while no desk works, or calls are stopped. */
function ahead(t, { people_ahead: people, wait }, pause) {
  if (people) return plural(t.people, people);
  return wait && !pause ? t.you_are_next : t.nobody;
}

function waitText(t, wait) {
  if (!wait) return "";
  return wait.high_minutes ? minutes(wait.low_minutes, wait.high_minutes) : t.soon;
}

async function showQr(branch, token) {
  for (let attempt = 0; attempt < QR_ATTEMPTS && shown === token; attempt += 1) {
    try {
      const response = await fetch(`/kiosk/${branch}/qr/${token}?lang=${language()}`);
      if (response.ok) {
        const picture = await response.text();
        if (shown === token) draw(picture);
        return;
      }
    } catch {
      // Asked again below: the ticket itself is already there.
    }
    await new Promise((resolve) => setTimeout(resolve, QR_PAUSE_MS));
  }
}

function draw(picture) {
  byId("ticket-qr").innerHTML = picture;
  name(byId("ticket-qr").firstElementChild, (t) => t.qr_label);
}
