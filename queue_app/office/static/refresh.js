/**
 * A page that is drawn by the server and follows the hall: when something has changed, it is fetched
 * again, and each part of it that looks different now is exchanged by its own.
 *
 * A part is an element with `data-live`. One in which somebody answers a question stays as it is
 * until they have, and what has the focus keeps its place in the window.
 */

import { keepStill } from "/static/web/lib/still.js";

export class Refresh {
  /** `everyMs`: at most once in so long, and no seldomer than after `againMs`. */
  constructor({ everyMs = 0, againMs = 20_000 } = {}) {
    this.everyMs = everyMs;
    this.known = new Map(parts(document).map((one) => [one.dataset.live, one.outerHTML]));
    this.asked = 0;
    this.timer = 0;
    this.fetchedAt = -Infinity;
    setInterval(() => this.soon(), againMs);
    document.addEventListener("toggle", (event) => event.target.open || this.soon(), true);
  }

  /** Something may have changed. */
  soon() {
    if (this.timer) return;
    const wait = Math.max(0, this.fetchedAt + this.everyMs - performance.now());
    this.timer = setTimeout(() => this.turn(), wait);
  }

  async turn() {
    this.timer = 0;
    this.fetchedAt = performance.now();
    const mine = ++this.asked;
    const address = new URL(location.href);
    address.searchParams.delete("done");
    const answer = await fetch(address).catch(() => null);
    if (answer?.redirected) return location.reload();
    const page = answer?.ok ? await answer.text() : null;
    if (page === null || mine !== this.asked) return;
    keepStill(() => this.fill(new DOMParser().parseFromString(page, "text/html")));
  }

  fill(fresh) {
    for (const part of parts(fresh)) {
      const name = part.dataset.live;
      const old = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
      if (!old) return location.reload();
      if (this.known.get(name) === part.outerHTML || isAsked(old)) continue;
      this.known.set(name, part.outerHTML);
      exchange(old, part);
    }
  }
}

/** Whether somebody answers a question in it. */
function isAsked(part) {
  return part.querySelector("details[open] form, form:focus-within") !== null;
}

/** What was unfolded stays so, and the focus stays where it was. */
function exchange(old, fresh) {
  const unfolded = [...old.querySelectorAll("details")].map((one) => one.open);
  const wasOpen = old.open;
  const focused = places(old).indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (wasOpen) fresh.open = true;
  for (const [place, one] of fresh.querySelectorAll("details").entries()) one.open = unfolded[place] ?? false;
  if (focused >= 0) places(fresh)[focused]?.focus({ preventScroll: true });
}

const parts = (page) => [...page.querySelectorAll("[data-live]")];
const places = (part) => [...part.querySelectorAll("a, button, summary, input, select, [tabindex]")];
