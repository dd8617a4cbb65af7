/** The clerk's verbs: each is a request to API v1 and a sentence of what came of it. */

import { byId } from "/static/web/lib/dom.js";
import { fill } from "/static/web/lib/words.js";
import { askContact, askPause, askPick, askResume, askStop, askTransfer } from "./dialogs.js";
import { askDone } from "./done.js";
import { clock, known, t } from "./hall.js";
import { Lost, post, Refused } from "./requests.js";
import { refresh, say } from "./saying.js";
import { isSettled, modeOf, state } from "./state.js";

const desk = known.snapshot.desk.id;

async function callNext(ticket = null, why = null) {
  state.calledAt = performance.now();
  const called = await post(`/desks/${desk}/calls`, { body: ticket ? { ticket, why } : null });
  if (!called) {
    await refresh();
    return t.done.nobody;
  }
  return fill(doneWord("call", called), called);
}

/** A verb on the person at the desk. */
async function atDesk(done, path, body = null) {
  const person = state.screen.current;
  await post(`/tickets/${person.ticket}/${path}`, { body });
  const time = person.expected_at && clock.time(person.expected_at);
  return fill(doneWord(done, person), { number: person.number, time });
}

/** Who does not answer a booked call for the first time is called once more, later. */
async function absent() {
  const { channel, number, ticket, expected_at: at } = state.screen.current;
  if (channel !== "phone") return atDesk(at ? "expect" : "no_show", "no-shows");
  const { state: then } = await post(`/tickets/${ticket}/no-shows`);
  return fill(then === "waiting" ? t.done_call.expect : t.done_call.no_show, { number });
}

/** Of a phone call nobody is said to have come or not. */
const doneWord = (done, { channel }) =>
  (channel === "phone" && t.done_call[done]) || t.done[done];

export const verbs = {
  call: () => callNext(),
  start: () => atDesk("start", "starts"),
  finish: () => atDesk("finish", "finishes"),
  no_show: absent,
  park: () => atDesk("park", "parkings"),
  prove: () => atDesk("prove", "right-checks", { shown: true }),
  deny: () => atDesk("deny", "right-checks", { shown: false }),
  back: () => atDesk("back", "transfers", { services: state.screen.current.service_codes }),
  recall() {
    state.calledAt = performance.now();
    return atDesk("recall", "recalls");
  },
  async undo() {
    const { ticket, number } = state.screen.undo;
    await post(`/tickets/${ticket}/undo`);
    return fill(t.done.undo, { number });
  },
  async resume() {
    await post(`/desks/${desk}/openings`);
    return t.done.resume;
  },
};

export async function doPrimary() {
  const mode = modeOf();
  if (mode === "away") return location.assign("/console");
  if (!isSettled()) return undefined;
  const verb = { called: "start", serving: "finish", free: "call", paused: "resume" }[mode];
  if (verb === "finish" && known.ask_outcome) return doFinish();
  if (verb === "finish") return thenNext(() => say(verbs.finish));
  return verb && say(verbs[verb]);
}

/** Where the clerk wishes it, whoever is next is called as soon as this one is served. */
async function thenNext(finish) {
  await finish();
  const { current } = state.screen;
  if (byId("next-on").checked && !current && modeOf() === "free") await say(verbs.call);
}

/** The visit ends with what was done in it. */
export async function doFinish() {
  const person = state.screen.current;
  const done = await askDone(person);
  if (!done || state.screen.current?.ticket !== person.ticket) return;
  await thenNext(() => say(() => atDesk("finish", "finishes", done)));
}

export async function doTransfer() {
  const person = state.screen.current;
  const where = await askTransfer(person);
  if (!where) return;
  if (state.screen.current?.ticket !== person.ticket) return;
  await say(() => atDesk("transfer", "transfers", where));
}

/** To the supervisor: come and help; pressed once more, it is not needed any more. */
export async function doHelp() {
  const asked = state.screen.desk.help_at;
  await say(async () => {
    await post(`/desks/${desk}/${asked ? "help-ends" : "help"}`);
    return asked ? t.done.end_help : t.done.ask_help;
  });
}

async function endBreakAsk() {
  await post(`/desks/${desk}/break-ask-ends`);
  return t.done.end_break_ask;
}

async function askForBreak(reason) {
  await post(`/desks/${desk}/break-asks`, { body: { reason } });
  return t.done.ask_break;
}

export async function doPause() {
  if (state.screen.desk.break_asked_at) return say(endBreakAsk);
  const reason = await askPause(!!state.screen.current);
  if (reason === null) return undefined;
  if (known.ask_breaks) return say(() => askForBreak(reason));
  const arrived = (problem) => problem.state === "paused";
  await say(async () => {
    await post(`/desks/${desk}/pauses`, { body: { reason }, arrived });
    return t.done.pause;
  });
  return undefined;
}

export async function doStop() {
  const what = await askStop();
  if (!what) return;
  await say(async () => {
    await post(`/branches/${known.branch}/interruptions`, { body: what });
    return what.services ? t.done.stop_some : t.done.stop;
  });
}

/** Sooner than usual after such a stop is asked about once more: people are on their way back. */
export async function doResumeCalls(stop, after) {
  if (state.busy) return;
  if (after < stop.resume_minutes && !(await askResume(stop))) return;
  await say(async () => {
    const { resumes_at: at } = await post(`/interruptions/${stop.id}/resumption`, {
      body: { after_minutes: after },
    });
    return after ? fill(t.done.calls_later, { time: minuteFrom(at) }) : t.done.calls_now;
  });
}

/** A begun minute counts as whole, as on every other screen, so that nobody is early. */
const minuteFrom = (iso) => clock.time(Math.ceil(new Date(iso) / 60_000) * 60_000);

/** Whoever is at the desk says where our messages will arrive. What is doubted is asked back once. */
export async function doCorrect(field) {
  const { ticket } = state.screen.current;
  let doubted = null;
  const send = async (contact) => {
    const body = { [field]: contact || " ", as_it_is: contact === doubted ? ["email"] : [] };
    try {
      await post(`/tickets/${ticket}/contacts`, { body });
    } catch (error) {
      if (error instanceof Lost) return t.lost;
      if (!(error instanceof Refused)) throw error;
      if (error.problem.code === "contact_unsure") doubted = contact;
      return wrongWith(error.problem, field);
    }
    return null;
  };
  if (await askContact(field, send)) await say(async () => t.done.correct);
}

function wrongWith({ code, title, suggestions }, field) {
  const meant = suggestions?.email ? fill(t.correct.meant, { email: suggestions.email }) : "";
  if (code === "contact_unsure") return `${t.correct.unsure} ${meant}`;
  return code === "bad_contact" ? `${t.correct.wrong[field]} ${meant}` : title;
}

/** Another paper for somebody who has none; it says that it is a reprint. */
export async function doReprint({ ticket, number }) {
  await say(async () => {
    await post(`/tickets/${ticket}/reprints`);
    return fill(t.done.reprint, { number });
  });
}

export async function doLeave() {
  await say(async () => {
    await post(`/desks/${desk}/closings`);
    location.assign("/console");
    await new Promise(() => {});
  });
}

/** `seen`: the screen on which the row was pressed. */
export async function doRow(verb, person, seen) {
  if (state.busy) return;
  if (verb === "pick") {
    const answer = await askPick(person, seen);
    if (answer) await say(() => callNext(person.ticket, answer.why));
    return;
  }
  await say(async () => {
    await post(`/tickets/${person.ticket}/returns`);
    return fill(t.done.return, person);
  });
}
