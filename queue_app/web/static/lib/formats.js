/** Times, days and durations as people say them; the same as `queue_app/texts/formats.py` writes. */

import { fill, language, texts } from "./words.js";

const NBSP = "\u00a0";
const MS_A_DAY = 86_400_000;
const made = new Map();

/** 10:20, or 10:20 AM where clocks have twelve hours. */
export function time(moment, zone, code = language()) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const said = formatter("time", zone, parts).format(new Date(moment));
  const { halves } = texts(code).calendar;
  if (!halves) return said;
  const [hour, minute] = said.split(":");
  return `${hour % 12 || 12}:${minute}${NBSP}${halves[hour < 12 ? 0 : 1]}`;
}

/** вівторок, 24 листопада: in the page's own words, as browsers do not know every language. */
export function day(moment, zone, code = language()) {
  const wanted = { year: "numeric", month: "numeric", day: "numeric" };
  const parts = formatter("day", zone, wanted).formatToParts(new Date(moment));
  const part = (type) => Number(parts.find((one) => one.type === type).value);
  const [year, month, date] = [part("year"), part("month") - 1, part("day")];
  const sinceMonday = (new Date(Date.UTC(year, month, date)).getUTCDay() + 6) % 7;
  const { weekdays, months } = texts(code).calendar;
  return `${weekdays[sinceMonday]}, ${fill(months[month], { day: date })}`;
}

/** How many midnights lie between two moments. */
export function daysBetween(from, to, zone) {
  const midnight = (moment) =>
    Date.parse(formatter("date", zone, {}, "en-CA").format(new Date(moment)));
  return Math.round((midnight(to) - midnight(from)) / MS_A_DAY);
}

/** 15 хв, or 15–25 хв; from an hour on 50 хв – 1 год 15 хв. */
export function minutes(low, high = low) {
  if (low === high) return length(low);
  if (high < 60) return `${low}–${high}${NBSP}${texts().minute}`;
  return `${length(low)} – ${length(high)}`;
}

function length(total) {
  const whole = Math.max(0, Math.floor(total));
  const hours = Math.floor(whole / 60);
  const parts = hours ? [`${hours}${NBSP}${texts().hour}`] : [];
  if (whole % 60 || !hours) parts.push(`${whole % 60}${NBSP}${texts().minute}`);
  return parts.join(NBSP);
}

/** 4:05, from an hour on 1:04:05. */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Making one takes longer than using it. */
function formatter(kind, zone, parts, locale = "en-GB") {
  const key = `${kind} ${zone}`;
  if (!made.has(key)) {
    made.set(key, new Intl.DateTimeFormat(locale, { ...parts, timeZone: zone }));
  }
  return made.get(key);
}
