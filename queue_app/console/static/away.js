/** Devices of the branch that give no sign of life: whoever works there can look after them. */

import { byId, put } from "/static/web/lib/dom.js";
import { fill } from "/static/web/lib/words.js";
import { clock, t } from "./hall.js";

export function showAway({ devices_away: devices }) {
  byId("away").hidden = devices.length === 0;
  put(byId("away-devices"), devices.map(said).join("; "));
}

const said = ({ name, kinds, seen_at: seen }) =>
  fill(t.device_away, {
    name,
    kinds: kinds.map((kind) => t.kinds[kind]).join(", "),
    time: clock.time(seen),
  });
