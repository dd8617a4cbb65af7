/** The hall's clock at the kiosk, and days as a visitor thinks of them. */

import { HallClock } from "/static/web/lib/clock.js";
import { facts, fill, texts } from "/static/web/lib/words.js";

export const known = facts();
export const clock = new HallClock(known.zone, known.door.at);

/** "today, 10:20", "tomorrow, Tuesday, 24 November, 10:20", or the day by its name. */
export function when(moment) {
  const t = texts();
  const text = { 0: t.today_at, 1: t.tomorrow_at }[clock.daysUntil(moment)] ?? t.day_at;
  return fill(text, { day: clock.day(moment), time: clock.time(moment) });
}
