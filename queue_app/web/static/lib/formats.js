/** Times, days and durations as people say them; the same as `queue_app/texts/formats.py` writes. */

import { fill, language, texts } from "./words.js";

const NBSP = "\u00a0";
const MS_A_DAY = 86_400_000;
const MS_A_MINUTE = 60_000;

/** 10:20, or 10:20 AM where clocks have twelve hours; where the clock shows that twice, in the night
 * of the change, 03:30 (UTC+3). `zone`: how far its clocks are ahead of UTC, as the server says
 * (`offsets` of `queue_app/texts/formats.py`); the browser's own tables may not know the zone. */
export function time(moment, zone, code = language()) {
  const at = Number(new Date(moment));
  const wall = wallOf(at, zone);
  const shown = onTheClock(`${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`, code);
  return comesTwice(at, zone) ? `${shown}${NBSP}(${offsetName(offset(at, zone))})` : shown;
}

/** From 0 to 23. */
export const hour = (moment, zone) => wallOf(Number(new Date(moment)), zone).getUTCHours();

function onTheClock(said, code) {
  const { halves, clock } = texts(code).calendar;
  if (!halves) return said;
  const [hour, minute] = said.split(":");
  return fill(clock, { time: `${hour % 12 || 12}:${minute}`, half: halves[hour < 12 ? 0 : 1] });
}

/** Whether clocks are put back by so much, so soon before or after, that they show this again. */
function comesTwice(at, zone) {
  return zone.some(([from, minutes], place) => {
    const back = place ? (zone[place - 1][1] - minutes) * MS_A_MINUTE : 0;
    return at >= from - back && at < from + back;
  });
}

/** How far the zone's wall is ahead of UTC, in milliseconds. */
function offset(at, zone) {
  const [, minutes] = zone.filter(([from]) => from <= at).pop() ?? zone[0];
  return minutes * MS_A_MINUTE;
}

/** What the zone's wall shows, as if it were UTC. */
const wallOf = (at, zone) => new Date(at + offset(at, zone));

const two = (n) => String(n).padStart(2, "0");

/** UTC+3, UTC−3:30 */
function offsetName(ahead) {
  const minutes = Math.abs(ahead) / MS_A_MINUTE;
  const rest = minutes % 60 ? `:${String(minutes % 60).padStart(2, "0")}` : "";
  return `UTC${ahead < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
}

/** вівторок, 24 листопада: in the page's own words, as browsers do not know every language. */
export function day(moment, zone, code = language()) {
  const wall = wallOf(Number(new Date(moment)), zone);
  const calendar = texts(code).calendar;
  const said = fill(calendar.months[wall.getUTCMonth()], { day: wall.getUTCDate() });
  return fill(calendar.day, { weekday: calendar.weekdays[(wall.getUTCDay() + 6) % 7], day: said });
}

/** How many midnights lie between two moments. */
export function daysBetween(from, to, zone) {
  const dayOf = (moment) => Math.floor(wallOf(Number(new Date(moment)), zone) / MS_A_DAY);
  return dayOf(to) - dayOf(from);
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
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
