/** The hall's time between two snapshots; a hall that is shown faster runs faster here, too. */

let at = Date.now();
let heardAt = null;
let rate = 1;

/** A snapshot says what time it is. */
export function setHallTime(iso) {
  const said = Date.parse(iso);
  const heard = performance.now();
  const passed = heardAt === null ? 0 : heard - heardAt;
  if (passed > 1000) {
    const measured = (said - at) / passed;
    rate = measured > 1.5 && measured < 10000 ? measured : 1;
  }
  at = said;
  heardAt = heard;
}

/** Milliseconds since the epoch, by the hall's clock. */
export const hallNow = () => at + (performance.now() - (heardAt ?? performance.now())) * rate;

/** Seconds of the hall's time since that moment. */
export const secondsSince = (iso) => (hallNow() - Date.parse(iso)) / 1000;
