/** What one tab holds. A tab that was duplicated remembers it too, so whoever shows it is asked. */

const KEY = "held";
const ANSWER_MS = 400;
const line = "BroadcastChannel" in window ? new BroadcastChannel("held") : null;

/** This tab shows the time that it holds: no other tab gives it back. */
export function showHeld(token) {
  remember(token);
  line?.addEventListener("message", ({ data }) => {
    if (data.asked === token) line.postMessage({ shown: token });
  });
}

/** The link of what this tab held before and no other tab shows; null for none. */
export async function heldBefore() {
  const token = remembered();
  if (!token || !line) return token;
  return (await isShown(token)) ? null : token;
}

function isShown(token) {
  return new Promise((resolve) => {
    line.addEventListener("message", ({ data }) => data.shown === token && resolve(true));
    line.postMessage({ asked: token });
    setTimeout(() => resolve(false), ANSWER_MS);
  });
}

function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off: the other time is held until its time is over
  }
}

function remember(token) {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // as above
  }
}
