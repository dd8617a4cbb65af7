/** The state of the hall: how many wait, whether tickets are given, whether we are connected. */

import { connect } from "/static/web/live.js";

const ASK_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * `onBoard` gets each snapshot of the board, `onDoor` the kiosk's door, `onLost` and `onBack`
 * tell of the connection, `onRefused` that this device may no longer give tickets.
 */
export function followHall(branch, { onBoard, onDoor, onLost, onBack, onRefused }) {
  connect(`/ws/branches/${branch}/board`, {
    onSnapshot: onBoard,
    onStale: onLost,
    onFresh: () => {
      onBack();
      askDoor();
    },
  });

  async function askDoor() {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), ANSWER_WITHIN_MS);
    try {
      const response = await fetch(`/kiosk/${branch}/door`, {
        headers: { Accept: "application/json" },
        cache: "no-store",
        signal: limit.signal,
      });
      if (response.ok) onDoor(await response.json());
      else if (response.status === 401 || response.status === 403) onRefused();
    } catch {
      // The board's connection tells whether we are cut off.
    } finally {
      clearTimeout(timer);
    }
  }

  setInterval(askDoor, ASK_EVERY_MS);
  return { askDoor };
}
