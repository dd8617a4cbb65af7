/** What all parts of the clerk's screen know of the centre, and its time. */

import { HallClock } from "/static/web/lib/clock.js";
import { facts, texts } from "/static/web/lib/words.js";

export const t = texts();
export const known = facts();
export const clock = new HallClock(known.zone, known.snapshot.at);
