/**
 * One intent, one result: a request that is repeated under the same key until it is answered.
 *
 * The server gives the same answer for the same key, so a lost answer never makes a second
 * ticket.
 */

const GIVE_UP_MS = 60_000;
const ANSWER_WITHIN_MS = 8_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** What the visitor wants, with the key that stays the same however often it is sent. */
export function intent(url, body) {
  return { url, body: JSON.stringify(body), key: freshKey() };
}

/**
 * Resolves to `{ value }`, `{ problem }` (a problem of RFC 9457) or `{ lost: true }`.
 * `onLost` is called each time that no answer came.
 */
export async function deliver(wish, onLost) {
  const until = performance.now() + GIVE_UP_MS;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(wish);
    if (!answer.again) return answer;
    onLost();
    const pause = answer.pauseMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    if (performance.now() + pause > until) return answer.problem ? answer : { lost: true };
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function ask({ url, body, key }) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(`${url}?lang=${document.documentElement.lang}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Idempotency-Key": key,
      },
      body,
      signal: limit.signal,
    });
    const content = await response.json();
    if (response.ok) return { value: content };
    return { problem: content, again: isPassing(response.status), pauseMs: pauseOf(response) };
  } catch {
    return { again: true };
  } finally {
    clearTimeout(timer);
  }
}

function isPassing(status) {
  return status >= 500 || status === 429 || status === 408;
}

function pauseOf(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? seconds * 1000 : undefined;
}

/** A random UUID; browsers keep `randomUUID` to themselves where the page is not secure. */
function freshKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
