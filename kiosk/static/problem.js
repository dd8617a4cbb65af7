/** What stands in the way of a ticket, said kindly, with what to do now. */

import { byId } from "/static/web/lib/dom.js";
import { fill, say } from "/static/web/lib/words.js";
import { when } from "./times.js";

/** By the problem's code: which of the buttons lead on, the most likely first. */
const WAYS = {
  unknown_code: ["code", "ticket"],
  not_a_code: ["code", "ticket"],
  other_day: ["ticket", "code"],
  other_branch_booking: ["ticket", "code"],
  not_a_visit: ["ticket"],
  visit_over: ["ticket"],
  too_early: ["ticket"],
  too_many_wrong_codes: ["ticket", "code"],
  unknown_service: ["services"],
  not_by_visit: ["services"],
  nobody_serves: ["services"],
  too_many_services: ["services"],
  unknown_priority: ["services"],
  no_service: ["services"],
  past_closing: ["services"],
  services_paused: ["services"],
  tickets_ended: ["services"],
};

/** `problem`: of RFC 9457, or only `{code}`; `code`: the booking's six digits, if any. */
export function showProblem(problem, { code, open }) {
  const title = titleOf(problem, code);
  const next = nextOf(problem);
  say(byId("problem-title"), title);
  say(byId("problem-next"), next);
  byId("problem-booking").hidden = problem.code !== "past_closing";
  byId("problem-reference").hidden = !problem.reference;
  byId("problem-number").textContent = problem.reference ?? "";
  offer(WAYS[problem.code] ?? ["again"], open);
}

function titleOf(problem, code) {
  const sentence = (t) => t[problem.code];
  return (t) =>
    sentence(t) ? fill(sentence(t), { code: spaced(code) }) : (problem.title ?? t.no_answer);
}

function nextOf(problem) {
  const sentence = (t) => t[`${problem.code}_next`];
  const possible = problem.possible_at && new Date(problem.possible_at);
  return (t) =>
    sentence(t)
      ? fill(sentence(t), { from: possible ? when(possible) : "" })
      : (problem.detail ?? t.no_answer_next);
}

/** The first way stands out; a ticket is offered only while tickets are given. */
function offer(ways, open) {
  const possible = ways.filter((way) => open || way !== "ticket");
  for (const button of document.querySelectorAll("[data-way]")) {
    button.hidden = !possible.includes(button.dataset.way);
    button.classList.toggle("button-primary", button.dataset.way === possible[0]);
  }
}

function spaced(code) {
  return code ? `${code.slice(0, 3)}\u00a0${code.slice(3)}` : "";
}
