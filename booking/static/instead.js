/** A time that is chosen after going back takes the place of the one that this tab held. */
import { heldBefore } from "./tab.js";

const before = await heldBefore();
const field = document.querySelector('input[name="instead"]');
if (field) {
  field.value = before ?? "";
  field.dataset.asked = "";
}
// Where the page comes back from the browser's memory, the tab may hold another time by now.
addEventListener("pagehide", () => field && delete field.dataset.asked);
addEventListener("pageshow", (event) => event.persisted && location.reload());
