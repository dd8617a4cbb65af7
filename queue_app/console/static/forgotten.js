/** Nobody is forgotten: who waits for something longer than they should, said calmly in its line. */

import { byId, put } from "/static/web/lib/dom.js";
import { minutes } from "/static/web/lib/formats.js";
import { fill } from "/static/web/lib/words.js";
import { clock, t } from "./hall.js";

const SAID = 2;

/** Moments come by themselves: the screen was told of them before. */
export function tickForgotten({ reminders }) {
  const now = clock.now();
  const due = reminders.filter((one) => Date.parse(one.at) <= now);
  const said = due.slice(0, SAID).map(sentence);
  if (due.length > SAID) said.push(fill(t.more, { n: due.length - SAID }));
  put(byId("forgotten"), said.join(" · "));
}

/** Whole minutes, so that it is read out once a minute at most. */
const sentence = ({ kind, number, since, due_at: due }) =>
  fill(t.reminders[kind], {
    number,
    minutes: minutes(Math.floor(clock.secondsSince(since) / 60)),
    time: clock.time(due ?? since),
  });
