/** A paired device says that it lives, so that the staff learn of one that does not. */

const ADDRESS = "/api/v1/devices/current/signs";
const EVERY_MS = 20_000;

/** `version`: of the page. What is lost on the way is said by the next sign. */
export async function signLife(version) {
  if (!version) return;
  const battery = await percent();
  fetch(ADDRESS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ version, battery }),
  }).catch(() => {});
  setTimeout(() => signLife(version), EVERY_MS);
}

async function percent() {
  try {
    const { level, charging } = await navigator.getBattery();
    return charging && level === 1 ? null : Math.round(level * 100);
  } catch {
    return null; // a browser that does not tell
  }
}
