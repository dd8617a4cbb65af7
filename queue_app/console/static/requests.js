/** Verbs over API v1. A lost answer is asked for again under the same Idempotency-Key. */

const DELAYS_MS = [300, 900, 2000];
const PATIENCE_MS = 6000;
const TEMPORARY = [502, 503, 504];

export class Lost extends Error {}

/** What the centre said no to: `title` and `detail` are in the language of the page. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

/**
 * POST to `/api/v1{path}`: the answer's JSON, or null for 204.
 *
 * `arrived(problem)`: for what has no key, whether this refusal of a repeated request means that
 * the first one worked.
 */
export async function post(path, { body = null, arrived = () => false } = {}) {
  const request = {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "Idempotency-Key": newKey(),
    },
    body: body === null ? undefined : JSON.stringify(body),
  };
  for (let attempt = 0; ; attempt += 1) {
    const answer = await tryOnce(`/api/v1${path}`, request);
    if (answer && !TEMPORARY.includes(answer.status)) return read(answer, attempt > 0, arrived);
    if (attempt === DELAYS_MS.length) throw new Lost(path);
    await new Promise((resume) => setTimeout(resume, DELAYS_MS[attempt]));
  }
}

/** A fresh snapshot of the desk, for when the websocket is silent. */
export async function fetchScreen(desk) {
  const answer = await tryOnce(`/console/desks/${desk}/screen`, {
    headers: { Accept: "application/json" },
  });
  if (!answer) throw new Lost("screen");
  return read(answer, false, () => false);
}

async function tryOnce(address, request) {
  try {
    return await fetch(address, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return null;
  }
}

async function read(answer, repeated, arrived) {
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (repeated && arrived(body)) return body;
  throw new Refused(answer.status, body);
}

/** A UUID; `randomUUID` is missing where the page comes over plain http from another machine. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
