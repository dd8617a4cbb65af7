/** What one desk more or less would do, worked out beside the page and put into it. */

import { byId } from "/static/web/lib/dom.js";

/** So often it is asked anew, while somebody looks. */
const AGAIN_MS = 45_000;
/** And so soon where there is no answer yet, as from a server that has much to do. */
const SOON_MS = 3_000;

export function follow(address) {
  const place = byId("staffing");
  let asked = address;

  async function turn() {
    if (document.hidden || place.contains(document.activeElement)) return;
    await show();
  }

  /** Whether there was an answer; that one is to sign in again is one, too. */
  async function show() {
    const answer = await fetch(asked).catch(() => null);
    if (answer?.redirected) return true;
    if (!answer?.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("staffing");
    if (found) place.replaceChildren(...found.childNodes);
    return true;
  }

  async function begin() {
    if (!(await show())) setTimeout(begin, SOON_MS);
  }

  place.addEventListener("submit", (event) => {
    event.preventDefault();
    asked = `${address}?${new URLSearchParams(new FormData(event.target))}`;
    show().then(() => place.querySelector("button")?.focus());
  });
  setInterval(turn, AGAIN_MS);
  begin();
}
