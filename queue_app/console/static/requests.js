/** Verbs over API v1, and the desk's snapshot when the websocket is silent. */

import { ask, insist, wish } from "/static/web/lib/requests.js";

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

const patience = {
  isPassing: (status) => TEMPORARY.includes(status),
  pauseMs: (attempt) => DELAYS_MS[attempt] ?? null,
};

/**
 * POST to `/api/v1{path}`: the answer's JSON, or null for 204.
 *
 * `arrived(problem)`: for what has no key, whether this refusal of a repeated request means that
 * the first one worked.
 */
export async function post(path, { body = null, arrived = () => false } = {}) {
  const options = { ...wish(body), withinMs: PATIENCE_MS };
  const { answer, repeated } = await insist(`/api/v1${path}`, options, patience);
  if (!answer || TEMPORARY.includes(answer.status)) throw new Lost(path);
  if (!answer.ok && repeated && arrived(answer.content)) return answer.content;
  return contentOf(answer);
}

export async function fetchScreen(desk) {
  const answer = await ask(`/console/desks/${desk}/screen`, { withinMs: PATIENCE_MS });
  if (!answer) throw new Lost("screen");
  return contentOf(answer);
}

function contentOf({ ok, status, content }) {
  if (!ok) throw new Refused(status, content);
  return content;
}
