/** What was done: asked at the end of a visit, and shown of this one and of those before it. */

import { byId, el, put } from "/static/web/lib/dom.js";
import { digitOf, isShortcut } from "/static/web/lib/keys.js";
import { ask, sayCompany, sortServices } from "./dialogs.js";
import { known, t } from "./hall.js";
import { offerSearch } from "./search.js";

const QUICK = 9;

const dialog = byId("done-dialog");
const boxes = Array.from(dialog.querySelectorAll("input[name=given]"));

/** `{services, outcome, note}` as API v1 takes them, or null. */
export async function askDone(person) {
  const form = dialog.querySelector("form");
  const error = byId("done-error");
  form.reset();
  error.hidden = true;
  for (const box of boxes) box.checked = person.service_codes.includes(box.value);
  sayCompany(byId("done-company"), person);
  byId("done-group").hidden = person.people === 1;
  offerQuick(person);
  offerSearch(byId("done-search"), dialog);
  form.onsubmit = (event) => {
    if (event.submitter?.value !== "yes" || given().length) return;
    event.preventDefault();
    put(error, t.choose_service);
    error.hidden = false;
  };
  const answer = ask(dialog);
  byId("done-services").scrollTop = 0;
  const yes = await answer;
  if (!yes) return null;
  const outcome = form.elements.outcome?.value || null;
  return { services: given(), outcome, note: byId("done-note").value.trim() };
}

const given = () => boxes.filter((box) => box.checked).map((box) => box.value);

/** What was asked for and what is given most often stands first, each under a digit. */
function offerQuick(person) {
  const usual = known.usual.filter((code) => !person.service_codes.includes(code));
  const quick = [...person.service_codes, ...usual].slice(0, QUICK);
  const shown = new Map(boxes.map((box) => [box.value, box]));
  for (const key of dialog.querySelectorAll(".choice > .key")) key.remove();
  sortServices(boxes, byId("done-first"), (box) => quick.includes(box.value));
  quick.forEach((code, index) => {
    const choice = shown.get(code)?.closest(".choice");
    if (!choice) return;
    choice.prepend(el("kbd", { class: "key", text: String(index + 1), "aria-hidden": "true" }));
    shown.get(code).setAttribute("aria-keyshortcuts", String(index + 1));
    byId("done-first").append(choice);
  });
}

dialog.addEventListener("keydown", (event) => {
  const digit = digitOf(event);
  if (!digit || isShortcut(event) || event.target.closest("textarea, input:not([type=checkbox], [type=radio])")) return;
  const box = byId("done-first").querySelectorAll("input")[Number(digit) - 1];
  if (!box) return;
  event.preventDefault();
  box.click();
});

/** This visit and those before it; the server writes it in the language of the page. */
export async function showHistory() {
  const place = byId("history");
  put(place, t.loading);
  const closed = ask(byId("history-dialog"));
  const answer = await fetch(`/console/desks/${known.snapshot.desk.id}/history`).catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...page.body.childNodes);
  } else put(place, t.lost);
  await closed;
}
