/** Questions to the server. A repeated one has the same Idempotency-Key, so it acts once. */

/**
 * `{ ok, status, content, retryMs }`, or null when no whole answer came within `withinMs`.
 *
 * `content`: the JSON; null where there is none, `{}` where a refusal has another kind of text.
 */
export async function ask(address, { headers, withinMs, ...options }) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), withinMs);
  try {
    const answer = await fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...headers },
      signal: limit.signal,
    });
    const { ok, status } = answer;
    return { ok, status, content: await read(answer), retryMs: pauseOf(answer) };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function read(answer) {
  if (answer.status === 204) return null;
  return answer.ok ? answer.json() : answer.json().catch(() => ({}));
}

function pauseOf(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return seconds > 0 ? seconds * 1000 : null;
}

/** The options of a wish; however often it is sent with them, it is the same wish. */
export function wish(body) {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": freshKey() },
    body: body === null ? undefined : JSON.stringify(body),
  };
}

/** A random UUID; browsers keep `randomUUID` to themselves where the page is not secure. */
function freshKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Ask until there is an answer that is not `isPassing(status)`: `{ answer, repeated }`.
 *
 * After each failure comes `pauseMs(attempt, answer)`; null gives up with what there is.
 */
export async function insist(address, options, { isPassing, pauseMs }) {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(address, options);
    if (answer && !isPassing(answer.status)) return { answer, repeated: attempt > 0 };
    const pause = pauseMs(attempt, answer);
    if (pause === null) return { answer, repeated: attempt > 0 };
    await new Promise((resume) => setTimeout(resume, pause));
  }
}
