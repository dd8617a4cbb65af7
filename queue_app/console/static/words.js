/** What the console's scripts share: its texts, times in the centre's zone, and small markup. */

import { texts, fill, plural } from "/static/web/texts.js";

export { fill, plural };
export const t = texts();
export const language = document.documentElement.lang;

const wallClock = new Intl.DateTimeFormat(language, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: t.zone,
});

/** 10:20, by the clock on the centre's wall. */
export const timeOf = (iso) => wallClock.format(new Date(iso));

/** A begun minute counts as whole, as on every other screen, so that nobody is early. */
export const minuteFrom = (iso) => timeOf(Math.ceil(new Date(iso) / 60_000) * 60_000);

/** "18 хв", from an hour on "1 год 5 хв", a whole hour "1 год". */
export function minutes(whole) {
  const n = Math.max(0, Math.floor(whole));
  const words = n < 60 ? t.minutes : n % 60 ? t.hours : t.wholeHours;
  const [h, rest] = [Math.floor(n / 60), n % 60];
  return fill(words, { h, n: rest }).replaceAll(" ", "\u00a0");
}

/** 4:05, from an hour on 1:04:05. */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export const byId = (id) => document.getElementById(id);

/** An element with properties (`class`, `text`, attributes) and children; empty ones are left out. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** Writes only what differs, so that nothing blinks and no selection is lost. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A button that stays in the tab order, so that the focus is never lost. */
export function allow(button, allowed) {
  button.setAttribute("aria-disabled", String(!allowed));
}

export const allowed = (button) => button.getAttribute("aria-disabled") !== "true";
