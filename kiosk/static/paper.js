/** The paper of a ticket: whether it comes, and another one for whoever asks. */

import { allow, byId, el } from "/static/web/lib/dom.js";
import { ask, wish } from "/static/web/lib/requests.js";
import { language, say } from "/static/web/lib/words.js";
import { door } from "./home.js";
import { clock } from "./times.js";

const LOOK_EVERY_MS = 700;
const LOOK_WITHIN_MS = 4_000;
/** Of the hall's time: whoever checks in again has the ticket that they were given then. */
const OLD_MS = 120_000;
/** In these a printer takes tickets. */
const PRINTS = ["unknown", "ready", "paper_low"];

let followed = null;
let timer = 0;

/** Whether this kiosk has a printer that takes no ticket now. */
export const isStill = () => door().printer !== null && !PRINTS.includes(door().printer);

/** Say what becomes of the paper of this ticket, for as long as it is shown. */
export function followPaper(branch, ticket) {
  forgetPaper();
  const { printer, prints_itself: here } = door();
  if (printer === null && !here) return;
  const old = clock.now() - new Date(ticket.issued_at) > OLD_MS;
  followed = { branch, id: ticket.id, token: ticket.token, here, old };
  byId("paper").hidden = false;
  if (here) return old ? show("absent", "unknown") : printHere(ticket.token, "print");
  show("waiting", door().printer);
  look();
}

export function forgetPaper() {
  clearTimeout(timer);
  followed = null;
  byId("paper").hidden = true;
  document.querySelector("iframe.printing")?.remove();
  say(byId("paper-said"), () => "");
}

/** Another one, which says that it is one. */
export async function printAgain() {
  const mine = followed;
  if (!mine) return;
  mine.old = false;
  if (mine.here) return printHere(mine.token, "print&reprint");
  show("waiting", "unknown");
  const options = { ...wish(null), withinMs: LOOK_WITHIN_MS };
  const answer = await ask(`/api/v1/tickets/${mine.id}/reprints`, options);
  if (followed !== mine) return;
  if (answer?.ok) look();
  else show("failed", "unknown");
}

/** By this browser, on the printer of this machine; what becomes of it nobody tells. */
function printHere(token, how) {
  document.querySelector("iframe.printing")?.remove();
  const page = el("iframe", { class: "printing", "aria-hidden": "true", tabindex: "-1" });
  page.src = `/t/${token}/paper?${how}&lang=${language()}`;
  document.body.append(page);
  show("printed", "unknown");
}

async function look() {
  clearTimeout(timer);
  const mine = followed;
  const options = { cache: "no-store", withinMs: LOOK_WITHIN_MS };
  const answer = await ask(`/kiosk/${mine.branch}/tickets/${mine.id}/paper`, options);
  if (followed !== mine) return;
  if (answer?.ok && !answer.content) return show("absent", "unknown");
  const { paper, printer } = answer?.ok ? answer.content : {};
  if (paper) show(paper === "printed" && mine.old ? "before" : paper, printer);
  if (paper === "printed" || paper === "failed") return undefined;
  clearTimeout(timer);
  timer = setTimeout(look, LOOK_EVERY_MS);
  return undefined;
}

/** A ticket that waits for a printer without paper has none for whoever stands there. `before`: it
 * came out at an earlier visit to the kiosk; `absent`: none was ever asked for. */
function show(paper, printer) {
  const none = paper === "failed" || (paper === "waiting" && !PRINTS.includes(printer));
  byId("paper").dataset.paper = none ? "none" : paper;
  say(byId("paper-said"), (t) => (none ? t.paper.none : t.paper[paper]));
  allow(byId("reprint"), none || paper !== "waiting");
}
