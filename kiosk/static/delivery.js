/**
 * One intent, one result: a request that is repeated under the same key until it is answered.
 *
 * The server gives the same answer for the same key, so a lost answer never makes a second
 * ticket.
 */

import { insist, wish } from "/static/web/lib/requests.js";
import { language } from "/static/web/lib/words.js";

const GIVE_UP_MS = 60_000;
const ANSWER_WITHIN_MS = 8_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** What the visitor wants, with the key that stays the same however often it is sent. */
export function intent(url, body) {
  return { url, options: { ...wish(body), withinMs: ANSWER_WITHIN_MS } };
}

export const keyOf = ({ options }) => options.headers["Idempotency-Key"];

/**
 * Resolves to `{ value }`, `{ problem }` (a problem of RFC 9457) or `{ lost: true }`.
 * `onLost` is called each time that no answer came.
 */
export async function deliver({ url, options }, onLost) {
  const until = performance.now() + GIVE_UP_MS;

  function pauseMs(attempt, answer) {
    onLost();
    const pause = answer?.retryMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    return performance.now() + pause > until ? null : pause;
  }

  const { answer } = await insist(`${url}?lang=${language()}`, options, { isPassing, pauseMs });
  if (!answer) return { lost: true };
  return answer.ok ? { value: answer.content } : { problem: answer.content };
}

function isPassing(status) {
  return status >= 500 || status === 429 || status === 408;
}
