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
    if (response.ok && mine === asked) show(await response.json());
  } catch {
    // The ticket itself will say what is in the way.
  }
}

function clear() {
  at("prospect").hidden = true;
  at("prospect-warning").hidden = true;
  unsay(at("prospect-wait"));
  unsay(at("prospect-warning"));
}

function show({ people_ahead: ahead, wait, closes_at: closes, served }) {
  at("prospect").hidden = !wait;
  if (wait) say(at("prospect-wait"), (t) => waitText(t, ahead, wait));
  at("prospect-warning").hidden = served === "today";
  if (served !== "today") {
    say(at("prospect-warning"), (t) =>
      fill(served === "perhaps" ? t.perhaps_not_today : t.not_today, { time: time(new Date(closes)) }),
    );
  }
}

function waitText(t, ahead, { low_minutes: low, high_minutes: high }) {
  if (!ahead && high <= 1) return t.called_at_once;
  return fill(t.expected_wait, {
    wait: minutes(low, high),
    people: ahead ? plural(t.people_before, ahead) : t.nobody_before,
  });
}
