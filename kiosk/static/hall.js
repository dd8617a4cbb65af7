/** The state of the hall: how many wait, whether tickets are given, whether we are connected. */

import { connect } from "/static/web/lib/live.js";
import { ask } from "/static/web/lib/requests.js";

const ASK_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * `board`: with which the page begins. `onBoard` gets each snapshot of the board, `onDoor` the
 * kiosk's door, `onLost` and `onBack` tell of the connection, `onRefused` that this device may no
 * longer give tickets.
 */
export function followHall(branch, board, { onBoard, onDoor, onLost, onBack, onRefused }) {
  connect(`/ws/branches/${branch}/board`, {
    onSnapshot: onBoard,
    shown: board,
    onStale: onLost,
    onFresh: () => {
      onBack();
      askDoor();
    },
  });

  /** Without an answer, the board's connection tells whether we are cut off. */
  async function askDoor() {
    const options = { cache: "no-store", withinMs: ANSWER_WITHIN_MS };
    const answer = await ask(`/kiosk/${branch}/door`, options);
    if (answer?.ok) onDoor(answer.content);
    else if (answer?.status === 401 || answer?.status === 403) onRefused();
  }

  setInterval(askDoor, ASK_EVERY_MS);
  return { askDoor };
}
