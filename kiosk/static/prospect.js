/** Before the ticket: how long the wait would be, and whether today is long enough for it. */

import { byId } from "/static/web/lib/dom.js";
import { minutes } from "/static/web/lib/formats.js";
import { fill, plural, say, unsay } from "/static/web/lib/words.js";
import { clock } from "./times.js";

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
    else if (answer.code === "tickets_ended") tell((t) => t.ended_service);
  } catch {
    // The ticket itself will say what is in the way.
  }
}

function clear() {
  for (const id of ["prospect", "prospect-facts", "prospect-said"]) byId(id).hidden = true;
  for (const id of ["prospect-wait", "prospect-ahead", "prospect-said"]) unsay(byId(id));
  warn("today");
}

function show({ people_ahead: ahead, wait, closes_at: closes, served }) {
  const soon = wait && !ahead && wait.high_minutes <= 1;
  const known = Boolean(wait) && !soon;
  if (!known) tell((t) => (soon ? t.called_at_once : t.wait_unknown));
  else {
    say(byId("prospect-wait"), () => minutes(wait.low_minutes, wait.high_minutes));
    say(byId("prospect-ahead"), (t) => (ahead ? plural(t.people, ahead) : t.you_are_next));
    byId("prospect-facts").hidden = false;
  }
  byId("prospect").hidden = false;
  warn(served, closes);
}

function tell(text) {
  say(byId("prospect-said"), text);
  byId("prospect-said").hidden = false;
  byId("prospect").hidden = false;
}

/** Who may not be served today is told so and offered a booking; a ticket where it may help. */
function warn(served, closes) {
  const never = served === "not_today";
  byId("prospect-warning").hidden = served === "today";
  byId("take").hidden = never;
  if (served === "today") return unsay(byId("prospect-warning-title"));
  const closing = clock.time(closes);
  return say(byId("prospect-warning-title"), (t) =>
    fill(never ? t.not_today : t.perhaps_not_today, { time: closing }),
  );
}
