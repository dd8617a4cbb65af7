// Choosing services: how many and how long, kept in sight, and a field that finds them.
import { byId } from "/static/web/lib/dom.js";
import { keepEnter } from "/static/web/lib/keys.js";
import { fill, plural, texts } from "/static/web/lib/words.js";

const t = texts();
const form = byId("services");
const boxes = [...form.querySelectorAll("input[name=service]")];
const groups = [...form.querySelectorAll("details")];
const limit = Number(form.dataset.limit);
const chosenText = byId("chosen");

function tell() {
  const chosen = boxes.filter((box) => box.checked);
  const full = chosen.length >= limit;
  for (const box of boxes) box.disabled = full && !box.checked;
  const minutes = chosen.reduce((sum, box) => sum + Number(box.dataset.minutes), 0);
  chosenText.textContent = chosen.length
    ? `${plural(t.chosen, chosen.length)}, ${fill(t.up_to, { minutes })}`
    : "";
  if (full) chosenText.textContent += `. ${fill(t.limit, { limit })}`;
}

// Words are compared without case and without the apostrophe, which people type in many ways, and
// without their endings: who looks for "показники" or "довідок" means "показників" and "довідка".
const plain = (text) => text.toLocaleLowerCase().replace(/['’ʼ`"«»]/g, "");
const ending =
  /(ість|остей|ости|ості|ами|ями|ові|еві|ого|ому|ими|ів|їв|ах|ях|ам|ям|ом|ем|им|их|ок|ір|ies|es|s|[аеєиіїоуюяйьye]+)$/;
function stem(word) {
  const short = word.replace(ending, "");
  return short.length >= 3 ? short : word;
}

const rows = boxes.map((box) => {
  const row = box.closest(".service");
  const group = box.closest("details");
  const words = `${group.querySelector("h2").textContent} ${row.textContent}`;
  return { row, group, words: plain(words) };
});
const counts = new Map(groups.map((group) => [group, group.querySelector(".group-count")]));
let openBefore = null;

function find(query) {
  const wanted = plain(query).split(/\s+/).filter(Boolean).map(stem);
  if (wanted.length && !openBefore) openBefore = new Set(groups.filter((group) => group.open));
  let found = 0;
  for (const { row, words } of rows) {
    row.hidden = !wanted.every((word) => words.includes(word));
    if (!row.hidden) found += 1;
  }
  // Whom the words have led nowhere is sent to the groups, so there they are.
  if (!found) for (const { row } of rows) row.hidden = false;
  for (const group of groups) {
    const some = group.querySelectorAll(".service:not([hidden])").length;
    group.hidden = !some;
    if (some) counts.get(group).textContent = plural(t.count, some);
    group.open = wanted.length ? Boolean(found && some) : (openBefore?.has(group) ?? group.open);
  }
  if (!wanted.length) openBefore = null;
  byId("found").textContent = wanted.length ? plural(t.found, found) : "";
  byId("nothing-found").hidden = found > 0;
}

const search = byId("search");
byId("filter").removeAttribute("data-asleep");
search.addEventListener("input", () => find(search.value));
keepEnter(search);
form.addEventListener("change", tell);
// A browser that comes back keeps the ticks, but not always which groups were open.
addEventListener("pageshow", () => {
  for (const box of boxes) if (box.checked) box.closest("details").open = true;
  tell();
});
