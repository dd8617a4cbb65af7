/** The paper of a ticket: whether it comes, and another one for whoever asks. */

import { allow, byId, el } from "/static/web/lib/dom.js";
import { ask, wish } from "/static/web/lib/requests.js";
import { language, say } from "/static/web/lib/words.js";
import { door } from "./home.js";

const LOOK_EVERY_MS = 700;
const LOOK_WITHIN_MS = 4_000;
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
  followed = { branch, id: ticket.id, token: ticket.token, here };
  byId("paper").hidden = false;
  if (here) return printHere(ticket.token, "print");
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
  const known = answer?.ok ? answer.content : null;
  if (known) show(known.paper, known.printer);
  if (known?.paper !== "printed" && known?.paper !== "failed") {
    clearTimeout(timer);
    timer = setTimeout(look, LOOK_EVERY_MS);
  }
}

/** A ticket that waits for a printer without paper has none for whoever stands there. */
function show(paper, printer) {
  const none = paper === "failed" || (paper === "waiting" && !PRINTS.includes(printer));
  byId("paper").dataset.paper = none ? "none" : paper;
  say(byId("paper-said"), (t) => (none ? t.no_paper : paper === "printed" ? t.printed : t.printing));
  allow(byId("reprint"), none || paper === "printed");
}
