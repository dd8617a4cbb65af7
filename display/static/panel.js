import { connect } from "/static/web/live.js";
import { fill, texts } from "/static/web/texts.js";
import { CallOuts } from "/static/display/callouts.js";
import { pulse, put, stayAwake } from "/static/display/screen.js";

const t = texts();
const sign = document.getElementById("sign");
const callOuts = new CallOuts({ name: `${t.branch}/${t.desk}`, holdMs: 0, show });

let board = null;

function onSnapshot(snapshot) {
  board = snapshot;
  fillStop(snapshot.interruption);
  callOuts.see(snapshot.called.filter((call) => call.desk === t.desk));
}

function show(call, isNew) {
  put(document.getElementById("number"), call?.number ?? "");
  sign.dataset.again = String((call?.calls ?? 0) > 1);
  sign.dataset.state = state(call);
  if (!isNew) return;
  pulse(sign);
  put(document.getElementById("said-uk"), fill(t.said_uk, call));
  put(document.getElementById("said-en"), fill(t.said_en, call));
}

function fillStop(stop) {
  sign.dataset.over = String(Boolean(stop?.ended_at));
  if (!stop) return;
  for (const language of ["uk", "en"]) {
    put(document.querySelector(`.scene-interrupted .headline .${language}`), stop.title[language]);
    put(document.querySelector(`.scene-interrupted .advice .${language}`), stop.resumption[language]);
  }
}

function state(call) {
  if (board.interruption && !board.interruption.services) return "interrupted";
  if (call) return call.state;
  const desk = board.desks.find((one) => one.number === t.desk);
  return desk?.state ?? "closed";
}

stayAwake();
connect(`/ws/branches/${t.branch}/board`, {
  onSnapshot,
  onStale: () => (sign.dataset.state = "stale"),
});
