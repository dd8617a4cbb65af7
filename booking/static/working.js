// Where the centre wishes so, the browser computes for a moment before it books: nobody has to look
// at anything or do anything. Whatever fails here, the server asks for a code instead.
import { byId } from "/static/web/lib/dom.js";

const LONGEST_MS = 20_000;
const form = byId("details");
const { work } = form.elements;
const said = byId("working");
let over = Boolean(work.value);
let pressed = null;

function go(answer) {
  if (over) return;
  over = true;
  work.value = answer;
  if (pressed) form.requestSubmit(pressed);
}

function start() {
  const worker = new Worker(form.dataset.worker);
  worker.addEventListener("message", ({ data }) => {
    worker.terminate();
    go(data);
  });
  worker.addEventListener("error", () => go(""));
  worker.postMessage({ challenge: form.dataset.challenge, bits: Number(form.dataset.bits) });
}

form.addEventListener("submit", (event) => {
  if (over || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (pressed) return;
  pressed = event.submitter;
  said.textContent = said.dataset.said;
  setTimeout(() => go(""), LONGEST_MS);
});

if (!over) start();
