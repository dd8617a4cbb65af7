/**
 * What a screen that runs for weeks needs: nothing stands on one spot for hours, as it would stay on
 * a panel of OLED or plasma for ever; and once a day, when nobody is there, the page begins anew.
 */

const SHIFT_EVERY_MS = 180_000;
/** Pixels around the middle, one step after the other. */
const PATH = [
  [0, 0],
  [3, 0],
  [3, 3],
  [0, 3],
  [-3, 3],
  [-3, 0],
  [-3, -3],
  [0, -3],
  [3, -3],
];
const LOOK_EVERY_MS = 60_000;
const OLD_MS = 8 * 3_600_000;
const TOO_OLD_MS = 26 * 3_600_000;

let step = 0;

function shift() {
  step = (step + 1) % PATH.length;
  const [x, y] = PATH[step];
  document.body.style.translate = `${x}px ${y}px`;
}

/** `atRest()`: whether the hall is closed; `isQuiet()`: whether nobody is called. */
export function rest({ atRest, isQuiet }) {
  const began = performance.now();
  setInterval(shift, SHIFT_EVERY_MS);
  setInterval(async () => {
    const age = performance.now() - began;
    if (!(age > OLD_MS && atRest()) && !(age > TOO_OLD_MS && isQuiet())) return;
    // Only if it is there: a browser's own page about an error never comes back.
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (answer?.ok) location.reload();
  }, LOOK_EVERY_MS);
}
