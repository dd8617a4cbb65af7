/**
 * A machine that is no device yet shows a code until somebody of the office has confirmed it, and
 * then opens what it was paired for. The secret of the code, and then the token, are in cookies that
 * no script can read.
 */

import { byId, put } from "./dom.js";
import { ask } from "./requests.js";
import { texts } from "./words.js";

const ADDRESS = "/device/pairing";
const ASK_EVERY_MS = 2000;
const TRY_AGAIN_MS = 10_000;
const WITHIN_MS = 8000;

const place = byId("pairing");
const state = byId("pairing-state");
const kinds = place.dataset.kinds.split(" ");
const t = texts();

/** A code that this browser shows already is shown on, so that loading the page changes nothing. */
async function follow() {
  const answer = await ask(ADDRESS, { cache: "no-store", withinMs: WITHIN_MS });
  if (answer?.status === 202 && sameKinds(answer.content.kinds)) show(answer.content.code);
  else if (answer?.status === 200) return open(answer.content.branch);
  else if (answer) return begin();
  else put(state, t.failed);
  setTimeout(follow, ASK_EVERY_MS);
}

const sameKinds = (shown) => [...shown].sort().join() === [...kinds].sort().join();

async function begin() {
  const answer = await ask(ADDRESS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kinds, name: place.dataset.name ?? "" }),
    withinMs: WITHIN_MS,
  });
  if (answer?.ok) show(answer.content.code);
  else put(state, answer?.status === 429 ? t.many : t.failed);
  setTimeout(follow, answer?.ok ? ASK_EVERY_MS : (answer?.retryMs ?? TRY_AGAIN_MS));
}

function show(code) {
  put(byId("pairing-code"), code.replace(/^(.{4})/, "$1 "));
  for (const one of document.querySelectorAll("[data-code]")) put(one, code);
  put(state, "");
}

/** The same screen, in the branch to which the machine belongs now. */
function open(branch) {
  put(state, t.confirmed);
  location.replace(place.dataset.open.replace("BRANCH", branch));
}

follow();
