/** What a screen says to whoever hears it: the words that stand there now, in the language shown. */

import { texts } from "/static/web/lib/words.js";

/** The server reads no longer text at once. */
const LONGEST = 380;

/** The texts of an element, a sentence or two each. `without(node)`: is left out. */
export function textsOf(root, without = () => false) {
  const found = [];
  walk(root, found, without);
  return sentences(found.join(""));
}

/** What a button says, and whether it can be pressed or is on. */
export function textsOfButton(button) {
  const t = texts().aloud;
  const pressed = button.getAttribute("aria-pressed");
  const state = pressed ? (pressed === "true" ? t.on : t.off) : "";
  const refused = button.getAttribute("aria-disabled") === "true" ? t.not_now : "";
  return [...textsOf(button), state, refused].filter(Boolean);
}

function walk(node, found, without) {
  if (node.nodeType === Node.TEXT_NODE) return found.push(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || without(node)) return undefined;
  if (node.matches("[aria-hidden=true], [data-unsaid], template, progress")) return undefined;
  const { display } = getComputedStyle(node);
  if (display === "none") return undefined;
  if (node.matches("svg")) return found.push(` ${node.getAttribute("aria-label") ?? ""} `);
  for (const child of node.childNodes) walk(child, found, without);
  if (!display.startsWith("inline")) found.push("\n");
  return undefined;
}

/** Lines end as sentences do, so that the voice pauses there. */
function sentences(text) {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .map((line) => (/[.!?:,;…]$/.test(line) ? line : `${line}.`));
  const parts = lines.flatMap((line) => line.split(/(?<=[.!?…])\s+/));
  return parts.map((part) => part.slice(0, LONGEST));
}
