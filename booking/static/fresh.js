// Free times follow the hall while somebody looks: every half minute what changed is replaced.
import { keepStill } from "/static/web/lib/still.js";
import { heldBefore } from "./tab.js";

const EVERY_MS = 30_000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const now = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
    if (now && differs(part, now)) await put(part, now);
  }
}

// The key of the form is another one each time, and is not what anybody sees.
function differs(part, now) {
  const seen = (of) => [...of.querySelectorAll("a, button, p")].map((one) => one.outerHTML).join();
  return seen(part) !== seen(now);
}

async function put(part, now) {
  const field = now.querySelector('input[name="instead"]');
  if (field) field.value = (await heldBefore()) ?? "";
  keepStill(() => exchange(part, now));
}

function exchange(part, now) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...now.childNodes);
  if (!focused) return;
  // Whoever stands on a time that is gone stands on the first of those that are left.
  const others = [...part.querySelectorAll("a, button")];
  const same = others.find(
    (one) => one.value === focused.value && one.getAttribute("href") === focused.getAttribute("href"),
  );
  (same ?? others[0])?.focus({ preventScroll: true });
}

setInterval(refresh, EVERY_MS);
