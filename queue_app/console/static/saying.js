/** One verb at a time: every button waits until the screen shows what came of it. */

import { byId } from "/static/web/lib/dom.js";
import { isNewer, isOlder } from "/static/web/lib/versions.js";
import { buttons, homeFocus, showActions, tell } from "./actions.js";
import { known, t } from "./hall.js";
import { fetchScreen, Lost, Refused } from "./requests.js";
import { state } from "./state.js";

const SNAPSHOT_WITHIN_MS = 1200;

let show = () => {};
let waitingForSnapshot = null;

/** `callback` shows a snapshot that was fetched. */
export function showWith(callback) {
  show = callback;
}

export async function say(work) {
  if (state.busy) return;
  state.busy = true;
  buttons.primary.setAttribute("aria-busy", "true");
  showActions();
  const before = state.screen;
  try {
    const message = await work();
    await snapshotAfter(before);
    showNewcomer(before);
    tell(message);
  } catch (error) {
    await explain(error);
  } finally {
    state.busy = false;
    buttons.primary.removeAttribute("aria-busy");
    showActions();
    homeFocus();
  }
}

/** Where the page is one column, whoever has just come to the desk is brought into sight. */
function showNewcomer({ current: before }) {
  const { current } = state.screen;
  if (!current || current.ticket === before?.ticket) return;
  byId("person").scrollIntoView({ block: "nearest" });
}

/** Wait for the snapshot that the verb caused; where none comes, fetch one. */
async function snapshotAfter(before) {
  if (isNewer(state.screen, before)) return;
  const came = new Promise((resolve) => {
    waitingForSnapshot = (snapshot) => isNewer(snapshot, before) && resolve(true);
  });
  const late = new Promise((resolve) => setTimeout(resolve, SNAPSHOT_WITHIN_MS, false));
  const inTime = await Promise.race([came, late]);
  waitingForSnapshot = null;
  if (!inTime) await refresh();
}

/** This snapshot is on the screen. */
export function shown(snapshot) {
  waitingForSnapshot?.(snapshot);
}

async function explain(error) {
  if (error instanceof Refused) {
    if (error.status === 401) return leadAway(error);
    tell(`${error.problem.title}. ${error.problem.detail ?? ""}`, true);
  } else if (error instanceof Lost) {
    tell(t.lost, true);
  } else {
    throw error;
  }
  await refresh();
}

export async function refresh() {
  try {
    const fresh = await fetchScreen(known.snapshot.desk.id);
    if (!isOlder(fresh, state.screen)) show(fresh);
  } catch (error) {
    if (error instanceof Refused) leadAway(error);
  }
}

/** Who is signed out signs in again; who has no such desk chooses one. */
function leadAway({ status }) {
  if (status === 401) location.assign("/console/sign-in");
  else if (status === 403 || status === 404) location.assign("/console");
}
