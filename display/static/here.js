// The code by which whoever is in the hall checks in from their phone; for registered boards alone.
import { byId, put } from "/static/web/lib/dom.js";
import { ask } from "/static/web/lib/requests.js";

const ASK_EVERY_MS = 20_000;
const ANSWER_WITHIN_MS = 5_000;

/** Follows the code of this branch until the board turns out not to be a registered one. */
export async function followCode(branch) {
  const answer = await ask(`/display/${branch}/code`, {
    cache: "no-store",
    withinMs: ANSWER_WITHIN_MS,
  });
  if (answer?.status === 401 || answer?.status === 403) return;
  // A code that is not known to be good any more is not shown.
  const code = answer?.ok ? answer.content.code : null;
  byId("hall-code").hidden = !code;
  put(byId("hall-code-digits"), code ?? "");
  setTimeout(() => followCode(branch), ASK_EVERY_MS);
}
