/** What this board of several shows, as its address says: see queue_app/screens/zone.py. */

import { put } from "/static/web/lib/dom.js";

export const seriesOf = (number) => number.replace(/\d+$/, "");

/** The snapshot as this board shows it. */
export function zoned(board, { desks, series }) {
  const ofSeries = ({ number }) => series.length === 0 || series.includes(seriesOf(number));
  const isIn = (call) => ofSeries(call) && (desks.length === 0 || desks.includes(call.desk));
  return {
    ...board,
    called: board.called.filter(isIn),
    recent: board.recent.filter(isIn),
    next_calls: board.next_calls.filter(ofSeries),
    waiting: series.length
      ? series.reduce((sum, one) => sum + (board.series[one] ?? 0), 0)
      : board.waiting,
  };
}

/** The way to the desk of a call, and the floor. */
export function showWay(place, call, { ways, floors }) {
  place.dataset.way = (call && ways[call.desk]) ?? "";
  const floor = (call && floors[call.desk]) ?? "";
  for (const one of place.querySelectorAll("[data-floor]")) put(one, floor);
  place.dataset.floor = floor ? "said" : "";
}
