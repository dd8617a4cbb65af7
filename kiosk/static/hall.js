/** The state of the hall: how many wait, whether tickets are given, whether we are connected. */

import { connect } from "/static/web/lib/live.js";
import { ask } from "/static/web/lib/requests.js";

const ASK_EVERY_MS = 15_000;
const ASK_AGAIN_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * `board`: with which the page begins. `onBoard` gets each snapshot of the board, `onDoor` the
 * kiosk's door, `onLost` and `onBack` tell of the connection, `onRefused` that this device may no
 * longer give tickets.
 *
 * Tickets are asked for by plain requests. So when the board is silent, the door tells whether we
 * are cut off, and as long as it answers we are not.
 */
export function hallOf(branch, board, { onBoard, onDoor, onLost, onBack, onRefused }) {
  let silent = false;
  let lost = false;
  let timer = 0;

  function follow() {
    askDoor();
    connect(`/ws/branches/${branch}/board`, {
      onSnapshot: onBoard,
      shown: board,
      onRefused: askDoor,
      onStale: () => {
        silent = true;
        askDoor();
      },
      onFresh: () => {
        silent = false;
        askDoor();
        seeLink(true);
      },
    });
  }

  async function askDoor() {
    clearTimeout(timer);
    const options = { cache: "no-store", withinMs: ANSWER_WITHIN_MS };
    const answer = await ask(`/kiosk/${branch}/door`, options);
    clearTimeout(timer);
    timer = setTimeout(askDoor, silent ? ASK_AGAIN_MS : ASK_EVERY_MS);
    seeLink(!silent || Boolean(answer?.ok));
    if (answer?.ok) onDoor(answer.content);
    else if (answer?.status === 401 || answer?.status === 403) onRefused();
  }

  function seeLink(works) {
    if (works !== lost) return;
    lost = !works;
    if (lost) onLost();
    else onBack();
  }

  return { askDoor, follow };
}
