/** Times, days and durations as people say them; the same as `queue_app/texts/formats.py` writes. */

import { fill, language, texts } from "./words.js";

const NBSP = "\u00a0";
const MS_A_DAY = 86_400_000;
const MS_AN_HOUR = 3_600_000;
const MS_A_MINUTE = 60_000;
const AROUND = 3 * MS_AN_HOUR;
const made = new Map();
const steady = new Map();

/** 10:20, or 10:20 AM where clocks have twelve hours; where the clock shows that twice, in the night
 * of the change, 03:30 (UTC+3). */
export function time(moment, zone, code = language()) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const at = Number(new Date(moment));
  const shown = onTheClock(formatter("time", zone, parts).format(at), code);
  return comesTwice(at, zone) ? `${shown}${NBSP}(${offsetName(offset(at, zone))})` : shown;
}

function onTheClock(said, code) {
  const { halves } = texts(code).calendar;
  if (!halves) return said;
  const [hour, minute] = said.split(":");
  return `${hour % 12 || 12}:${minute}${NBSP}${halves[hour < 12 ? 0 : 1]}`;
}

function comesTwice(at, zone) {
  if (isSteady(at, zone)) return false;
  const own = offset(at, zone);
  return [at - AROUND, at + AROUND].some((other) => {
    const off = offset(other, zone);
    return off !== own && offset(at + own - off, zone) === off;
  });
}

/** Whether the zone's clocks do not change around this hour: so it is in all but two nights. */
function isSteady(at, zone) {
  const hour = Math.floor(at / MS_AN_HOUR);
  const key = `${hour} ${zone}`;
  if (!steady.has(key)) {
    const [before, after] = [hour * MS_AN_HOUR - AROUND, (hour + 1) * MS_AN_HOUR + AROUND];
    steady.set(key, offset(before, zone) === offset(after, zone));
  }
  return steady.get(key);
}

/** How far the zone's wall is ahead of UTC, in milliseconds. */
function offset(at, zone) {
  const wanted = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric",
    minute: "numeric", hourCycle: "h23" };
  const parts = formatter("offset", zone, wanted).formatToParts(at);
  const part = (type) => Number(parts.find((one) => one.type === type).value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return wall - Math.floor(at / MS_A_MINUTE) * MS_A_MINUTE;
}

/** UTC+3, UTC−3:30 */
function offsetName(ahead) {
  const minutes = Math.abs(ahead) / MS_A_MINUTE;
  const rest = minutes % 60 ? `:${String(minutes % 60).padStart(2, "0")}` : "";
  return `UTC${ahead < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
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
