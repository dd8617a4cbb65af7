/** The questions of the console, each a native dialog that resolves to an answer or null. */

import { ask as answerOf } from "/static/web/lib/dialogs.js";
import { byId, put } from "/static/web/lib/dom.js";
import { fill, language, plural } from "/static/web/lib/words.js";
import { known, t } from "./hall.js";
import { why as reasonOf } from "./queue.js";
import { offerSearch } from "./search.js";

/** Afterwards Space is the main action again, not the button that opened the dialog. */
export async function ask(dialog) {
  const answer = answerOf(dialog);
  dialog.scrollTop = 0; // read from its beginning, though the focus is on its end
  const yes = await answer;
  byId("primary").focus({ preventScroll: true });
  return yes;
}

/** "Call А15 now?", with how many stand before this person: `{why}`, or null. */
export async function askPick(person, screen) {
  const ahead = screen.queue.findIndex((one) => one.ticket === person.ticket);
  put(byId("pick-title"), fill(t.pick.title, { number: person.number }));
  put(byId("pick-why"), reasonOf(person));
  sayCompany(byId("pick-company"), person);
  put(byId("pick-note"), ahead > 0 ? plural(t.pick.ahead, ahead) : t.pick.first);
  const dialog = byId("pick-dialog");
  const reasons = byId("pick-reasons");
  const error = byId("pick-error");
  dialog.querySelector("form").reset();
  reasons.hidden = reasons.disabled = ahead <= 0;
  error.hidden = true;
  const why = () => dialog.querySelector("input[name=why]:checked:enabled")?.value ?? null;
  dialog.querySelector("form").onsubmit = (event) => {
    if (event.submitter?.value !== "yes" || ahead <= 0 || why()) return;
    event.preventDefault();
    error.hidden = false;
    reasons.querySelector("input").focus();
  };
  return (await ask(dialog)) ? { why: why() } : null;
}

/** Who else comes with this person; nothing of one who comes alone. */
export function sayCompany(place, { company }) {
  place.hidden = !company;
  put(place, company?.[language()] ?? "");
}

/** The reason of a break, in words, or null. */
export async function askPause(somebody) {
  const dialog = byId("pause-dialog");
  const words = byId("pause-words");
  byId("pause-note").hidden = !somebody;
  const other = () => {
    const chosen = dialog.querySelector("input[name=reason]:checked");
    byId("pause-other").hidden = chosen.value !== "";
    if (chosen.value === "") words.focus();
  };
  dialog.onchange = other;
  if (!(await ask(dialog))) return null;
  return dialog.querySelector("input[name=reason]:checked").value || words.value.trim();
}

/** Another contact in place of one at which nothing arrives. `send(contact)`: resolves to what is
 * wrong with it, or to nothing once it is kept; until then the question stays. */
export async function askContact(field, send) {
  const dialog = byId("correct-dialog");
  const input = byId("correct-contact");
  const error = byId("correct-error");
  put(byId("correct-title"), t.correct[field]);
  put(error, "");
  input.value = "";
  input.type = field === "email" ? "email" : "tel";
  let sending = false;
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    const problem = await send(input.value.trim()).finally(() => (sending = false));
    put(error, problem ?? "");
    input.toggleAttribute("aria-invalid", Boolean(problem));
    if (problem) input.focus();
    else dialog.close("yes");
  };
  return ask(dialog);
}

/** Where to and what for: `{services, desk}` as API v1 takes it, or null. */
export async function askTransfer(person) {
  const dialog = byId("transfer-dialog");
  const error = byId("transfer-error");
  const boxes = Array.from(dialog.querySelectorAll("input[name=service]"));
  for (const box of boxes) box.checked = person.service_codes.includes(box.value);
  sortServices(boxes, byId("transfer-first"), (box) => box.checked);
  dialog.querySelector("input[name=desk][value='']").checked = true;
  error.hidden = true;
  byId("transfer-note").value = "";
  offerSearch(byId("transfer-search"), dialog);
  showDesks(dialog).catch(() => {});
  const services = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const desk = () => Number(dialog.querySelector("input[name=desk]:checked").value) || null;
  dialog.querySelector("form").onsubmit = (event) => {
    if (event.submitter?.value !== "yes") return;
    const problem = transferProblem(person, services(), desk());
    if (!problem) return;
    event.preventDefault();
    put(error, problem);
    error.hidden = false;
  };
  const answer = ask(dialog);
  byId("transfer-services").scrollTop = 0;
  return (await answer) ? { services: services(), desk: desk(), note: byId("transfer-note").value.trim() } : null;
}

/** A transfer for something and, other than back to the queue, to somewhere. */
function transferProblem(person, services, desk) {
  if (!services.length) return t.choose_service;
  const codes = person.service_codes;
  const same = services.length === codes.length && services.every((code) => codes.includes(code));
  return same && desk === null ? t.transfer_nowhere : "";
}

/** What stops calls and for which services, as API v1 takes it, or null. */
export async function askStop() {
  const dialog = byId("stop-dialog");
  const form = dialog.querySelector("form");
  const some = byId("stop-some");
  const error = byId("stop-error");
  form.reset();
  const chosen = () => Array.from(some.querySelectorAll("input:checked"), (box) => box.value);
  const named = () => form.elements.scope.value === "some";
  const follow = () => {
    some.hidden = !named();
    byId("stop-other").hidden = form.elements.kind.value !== "other";
    error.hidden = true;
    byId("stop-all-note").hidden = named();
    put(byId("stop-yes"), named() ? t.stops.stop_some : t.stops.stop_all);
  };
  // The field of the search changes when it is left: nothing moves under the pointer that leaves it.
  dialog.onchange = ({ target }) => target.type !== "search" && follow();
  follow();
  offerSearch(byId("stop-search"), some);
  form.onsubmit = (event) => {
    if (event.submitter?.value !== "yes" || !named() || chosen().length) return;
    event.preventDefault();
    put(error, t.choose_service);
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  };
  if (!(await ask(dialog))) return null;
  return {
    kind: form.elements.kind.value,
    services: named() ? chosen() : null,
    note: form.elements.kind.value === "other" ? form.elements.note.value.trim() : "",
  };
}

/** Whether calls resume now, without the minutes that the kind of this stop has after its end. */
export async function askResume({ resume_minutes: usual, ended_at: over }) {
  put(byId("resume-note"), fill(over ? t.stops.soon : t.stops.lasts, { n: usual }));
  return ask(byId("resume-dialog"));
}

/** Which key does what. */
export const showKeys = () => ask(byId("keys-dialog"));

const homes = new Map();

/** What the person came for stands first; everything else where the catalogue has it. */
export function sortServices(boxes, first, isFirst) {
  for (const box of boxes) {
    const choice = box.closest(".choice");
    if (!homes.has(choice)) homes.set(choice, choice.parentElement);
    (isFirst(box) ? first : homes.get(choice)).append(choice);
  }
}

/** Who works where now; nobody is sent to a desk at which nobody works. */
async function showDesks(dialog) {
  const answer = await fetch(`/api/v1/branches/${known.branch}/desks`, {
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) return;
  for (const desk of await answer.json()) {
    const input = dialog.querySelector(`input[name=desk][value="${desk.id}"]`);
    if (!input) continue;
    const choice = input.closest(".choice");
    input.disabled = desk.state === "closed";
    put(choice.querySelector(".choice-hint"), fill(t.desks[desk.state], { clerk: desk.clerk }));
  }
}
