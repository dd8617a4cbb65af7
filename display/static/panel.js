/** The panel above a desk: who is called to it, or what it is doing. */

import { signLife } from "/static/web/lib/device.js";
import { byId, pulse, put } from "/static/web/lib/dom.js";
import { connect } from "/static/web/lib/live.js";
import { besides, facts } from "/static/web/lib/words.js";
import { stayAwake } from "./awake.js";
import { CallOuts, sayCall } from "./callouts.js";
import { fit } from "./fit.js";
import { rest } from "./resting.js";

/* Who may not see this any more is told why by the page itself. */
const REFUSED_FOR_MS = 2000;

const known = facts();
const sign = byId("sign");
const callOuts = new CallOuts({ name: `${known.branch}/${known.desk}`, holdMs: 0, show });

let board = null;

function onSnapshot(snapshot) {
  board = snapshot;
  fillStop(snapshot.interruption);
  callOuts.see(snapshot.called.filter((call) => call.desk === known.desk));
}

function show(call, isNew) {
  put(byId("number"), call?.number ?? "");
  sign.dataset.again = String((call?.calls ?? 0) > 1);
  sign.dataset.state = state(call);
  if (!isNew) return;
  pulse(sign);
  sayCall(call);
}

function fillStop(stop) {
  sign.dataset.over = String(Boolean(stop?.ended_at));
  if (!stop) return;
  besides(".scene-interrupted .headline", (language) => stop.title[language]);
  besides(".scene-interrupted .advice", (language) => stop.resumption[language]);
}

function state(call) {
  if (board.interruption && !board.interruption.services) return "interrupted";
  if (call) return call.state;
  const desk = board.desks.find((one) => one.number === known.desk);
  return desk?.busy ? "busy" : (desk?.state ?? "closed");
}

fit(document.querySelector(".plate h1"));
stayAwake();
signLife(known.page);
rest({ atRest: () => board?.scene === "closed", isQuiet: () => !board?.called.length });
connect(`/ws/branches/${known.branch}/board`, {
  onSnapshot,
  shown: known,
  onStale: () => (sign.dataset.state = "stale"),
  onRefused: () => setTimeout(() => location.reload(), REFUSED_FOR_MS),
});
