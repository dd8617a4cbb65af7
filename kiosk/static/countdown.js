/** Seconds that run out, and that can be held. */

export function countdown(seconds, { onTick, onEnd }) {
  let left = seconds;
  let held = false;
  const timer = setInterval(tick, 1000);
  onTick(left);

  function tick() {
    if (held) return;
    left -= 1;
    onTick(left);
    if (left > 0) return;
    stop();
    onEnd();
  }

  function stop() {
    clearInterval(timer);
  }

  return { hold: (wish) => (held = wish), stop };
}
