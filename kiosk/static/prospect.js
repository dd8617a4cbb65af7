/** Before the ticket: how long the wait would be, and whether today is long enough for it. */

import { plural } from "/static/web/texts.js";
import { minutes, time } from "/static/kiosk/times.js";
import { fill, say, unsay } from "/static/kiosk/words.js";

const at = (id) => document.getElementById(id);

let asked = 0;

/** Ask for the chosen services; without an answer the screen simply says nothing. */
export async function foretell(branch, services, priority) {
  const mine = ++asked;
  clear();
  if (!services.length) return;
  const query = new URLSearchParams(services.map((one) => ["service", one]));
  if (priority) query.set("priority", priority);
  try {
    const response = await fetch(`/api/v1/branches/${branch}/prospects?${query}`);
    const answer = await response.json();
    if (mine !== asked) return;
    if (response.ok) show(answer);
    else if (answer.code === "services_paused") tell((t) => t.paused_service);
  } catch {
    // The ticket itself will say what is in the way.
  }
}

function clear() {
  for (const id of ["prospect", "prospect-facts", "prospect-said"]) at(id).hidden = true;
  for (const id of ["prospect-wait", "prospect-ahead", "prospect-said"]) unsay(at(id));
  warn("today");
}

function show({ people_ahead: ahead, wait, closes_at: closes, served }) {
  const soon = wait && !ahead && wait.high_minutes <= 1;
  const known = Boolean(wait) && !soon;
  if (!known) tell((t) => (soon ? t.called_at_once : t.wait_unknown));
  else {
    say(at("prospect-wait"), () => minutes(wait.low_minutes, wait.high_minutes));
    say(at("prospect-ahead"), (t) => (ahead ? plural(t.people, ahead) : t.you_are_next));
    at("prospect-facts").hidden = false;
  }
  at("prospect").hidden = false;
  warn(served, closes);
}

function tell(text) {
  say(at("prospect-said"), text);
  at("prospect-said").hidden = false;
  at("prospect").hidden = false;
}

/** Who may not be served today is told so and offered a booking; a ticket where it may help. */
function warn(served, closes) {
  const never = served === "not_today";
  at("prospect-warning").hidden = served === "today";
  at("take").hidden = never;
  if (served === "today") return unsay(at("prospect-warning-title"));
  const closing = time(new Date(closes));
  return say(at("prospect-warning-title"), (t) =>
    fill(never ? t.not_today : t.perhaps_not_today, { time: closing }),
  );
}
