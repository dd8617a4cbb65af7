/**
 * Closing the window with somebody at the desk asks first. The page's own ways lead on unasked:
 * signing out asks by a page of its own, and all others come back to this desk.
 */

const RELOADS = ["F5", "KeyR"];

let ownWay = false;

const goes = () => {
  ownWay = true;
  setTimeout(() => (ownWay = false), 3000);
};

/** `isWithSomebody` says at that moment whether a person is at one's desk. */
export function watchLeaving(isWithSomebody) {
  document.addEventListener("click", (event) => event.target.closest("a[href]") && goes());
  document.addEventListener("submit", goes);
  document.addEventListener("keydown", ({ code, ctrlKey, metaKey }) => {
    if (RELOADS.includes(code) && (code === "F5" || ctrlKey || metaKey)) goes();
  });
  addEventListener("beforeunload", (event) => {
    if (ownWay || !isWithSomebody()) return;
    event.preventDefault();
    event.returnValue = ""; // older browsers ask by this
  });
}
