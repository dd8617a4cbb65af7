/** Interruptions above the desk: why nobody is called, since when, and the way to let calls go on. */

import { allow, allowed, byId, el } from "/static/web/lib/dom.js";
import { fill, language } from "/static/web/lib/words.js";
import { clock, t } from "./hall.js";

const place = byId("stops");
let shown = "";
let lasting = [];

/** Whether nobody at all is called. */
export const isWhole = (stop) => Boolean(stop) && stop.services === null;

/** Whom this desk could call now, first first. */
export const callable = (screen) =>
  screen.queue.filter((one) => !["service_paused", "expected"].includes(one.reason_code));

/** `onResume(stop, minutes)`: it is over, and calls go on so many minutes after that. */
export function watchStops(onResume) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-stop]");
    if (!button || !allowed(button)) return;
    const stop = lasting.find((one) => String(one.id) === button.dataset.stop);
    if (stop) onResume(stop, Number(button.dataset.after));
  });
}

/** Redrawn only where something differs, so that no button changes under the hand. */
export function showStops({ interruptions }) {
  lasting = interruptions;
  place.hidden = interruptions.length === 0;
  const content = JSON.stringify(interruptions);
  if (content === shown) return;
  shown = content;
  place.replaceChildren(...interruptions.map(banner));
}

export function allowResuming(possible) {
  for (const button of place.querySelectorAll("button")) allow(button, possible);
}

function banner(stop) {
  return el(
    "div",
    { class: "stop", "data-over": stop.ended_at !== null },
    el(
      "p",
      { class: "stop-words" },
      el("strong", { text: stop.title[language()] }),
      ` ${[since(stop), scope(stop), reason(stop)].filter(Boolean).join(". ")}. `,
      el("span", { text: stop.resumption[language()] }),
    ),
    el("div", { class: "stop-ways" }, ...ways(stop)),
  );
}

const since = ({ since: began, ended_at: over }) =>
  fill(over ? t.stops.at : t.stops.since, { time: clock.time(over ?? began) });

function scope({ services }) {
  if (services === null) return t.stops.everything;
  return services.map((title) => title[language()]).join("; ");
}

/** The words of whoever stopped it, unless the title is made of them. */
function reason({ note, title }) {
  return note && !note.startsWith(title[language()]) ? note : "";
}

function ways(stop) {
  const button = (text, after, weight = "") =>
    el("button", {
      class: `button button-small ${weight}`,
      type: "button",
      "data-stop": stop.id,
      "data-after": String(after),
      text,
    });
  const now = button(stop.resume_minutes ? t.stops.now_ask : t.stops.now, 0);
  if (stop.ended_at !== null) return [now];
  if (!stop.resume_minutes) return [button(t.stops.end, 0)];
  const after = stop.resume_minutes;
  const usual = button(fill(t.stops.end_after, { n: after }), after, "button-primary");
  return [usual, now];
}
