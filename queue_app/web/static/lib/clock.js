/** The hall's own time in the centre's zone, whatever the machine of the screen believes. */

import { day, daysBetween, hour, time } from "./formats.js";

const MEASURED_FROM_MS = 1000;
const FASTER_FROM = 1.5;
const FASTEST = 10_000;

export class HallClock {
  /** `zone`: as `time` of formats.js takes it; `iso`: what the hall's clock showed when the page was made. */
  constructor(zone, iso) {
    this.zone = zone;
    this.at = Date.parse(iso);
    this.heardAt = performance.now();
    this.measuring = false;
    this.rate = 1;
  }

  /** A snapshot says what time it is. A hall that is shown faster runs faster here, too. */
  set(iso) {
    const said = Date.parse(iso);
    if (Number.isNaN(said)) throw new RangeError(iso);
    const heard = performance.now();
    const passed = heard - this.heardAt;
    // The page itself may have been long on its way: only what came after it is measured.
    if (this.measuring && passed > MEASURED_FROM_MS) {
      const measured = (said - this.at) / passed;
      this.rate = measured > FASTER_FROM && measured < FASTEST ? measured : 1;
    }
    this.measuring = true;
    this.at = said;
    this.heardAt = heard;
  }

  /** Running on between snapshots. */
  now() {
    return new Date(this.at + (performance.now() - this.heardAt) * this.rate);
  }

  secondsSince(moment) {
    return (this.now() - new Date(moment)) / 1000;
  }

  /** 10:20 */
  time(moment = this.now(), code = undefined) {
    return time(moment, this.zone, code);
  }

  /** 10, on the wall of the zone. */
  hour(moment = this.now()) {
    return hour(moment, this.zone);
  }

  /** вівторок, 24 листопада */
  day(moment = this.now(), code = undefined) {
    return day(moment, this.zone, code);
  }

  /** 0 today, 1 tomorrow. */
  daysUntil(moment) {
    return daysBetween(this.now(), moment, this.zone);
  }
}
