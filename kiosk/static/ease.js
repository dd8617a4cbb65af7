/** One panel for whatever makes the kiosk easier to use: larger, plainer, lower, aloud. */

import { byId } from "/static/web/lib/dom.js";
import * as aloud from "./aloud.js";
import { setSound } from "./narrator.js";

const panel = byId("ease");
const buttons = [...panel.querySelectorAll("[data-mode]")];

export const open = () => panel.showModal();
export const close = () => panel.close();
export const isOpen = () => panel.open;

/** Whether anything is otherwise than a visitor finds it. */
export const isEased = () => buttons.some((one) => one.getAttribute("aria-pressed") === "true");

export function toggle(button) {
  set(button, button.getAttribute("aria-pressed") !== "true");
}

export function sound(wish) {
  set(buttons.find((one) => one.dataset.mode === "aloud"), wish);
}

/** As the next visitor finds it. */
export function reset() {
  if (panel.open) panel.close();
  for (const button of buttons) set(button, false);
}

function set(button, wish) {
  const { mode } = button.dataset;
  const before = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(wish));
  if (mode !== "aloud") document.documentElement.classList.toggle(mode, wish);
  else if (wish !== before || wish !== aloud.isOn()) setSound(wish);
}
