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

/** As all pages say it: of one service as it is published, of several at most. */
function howLong(chosen) {
  if (chosen.length === 1) return chosen[0].dataset.published;
  const minutes = chosen.reduce((sum, box) => sum + Number(box.dataset.minutes), 0);
  return fill(t.up_to, { minutes });
}

function tell() {
  const chosen = boxes.filter((box) => box.checked);
  const full = chosen.length >= limit;
  for (const box of boxes) box.disabled = full && !box.checked;
  chosenText.textContent = chosen.length
    ? `${plural(t.chosen, chosen.length)}, ${howLong(chosen)}`
    : "";
  if (full) chosenText.textContent += `. ${fill(t.limit, { limit })}`;
}

// What the server finds moves from the groups to the top, best first, and back when it is something
// else that is looked for. Whatever is ticked stays so.
const rows = new Map(boxes.map((box) => [box.value, box.closest(".service")]));
const homes = new Map(
  [...form.querySelectorAll("[data-group]")].map((home) => [home.dataset.group, home]),
);
const results = byId("results");
const advice = [...byId("advice").children];
const search = byId("search");
const PAUSE_MS = 150;

function goHome(row) {
  const box = row.querySelector("input");
  const home = homes.get(box.dataset.home);
  const after = [...home.children].find(
    (other) => Number(other.querySelector("input").dataset.place) > Number(box.dataset.place),
  );
  home.insertBefore(row, after ?? null);
}

function count() {
  for (const group of groups) {
    const some = group.querySelectorAll(".service").length;
    group.hidden = !some;
    if (some) group.querySelector(".group-count").textContent = plural(t.count, some);
  }
}

function show(found) {
  for (const row of [...results.children]) goHome(row);
  for (const one of found) if (rows.has(one.code)) results.append(rows.get(one.code));
  for (const line of advice) line.hidden = !found.some((one) => one.code === line.dataset.note);
  const services = results.children.length;
  const notes = advice.filter((line) => !line.hidden);
  results.hidden = !services;
  byId("advice").hidden = !notes.length;
  byId("found").textContent = services ? plural(t.found, services) : "";
  const partly = found.some((one) => !one.sure);
  const nothing = !services && !notes.length && search.value.trim();
  byId("nothing-said").textContent = partly ? t.partly : t.nothing;
  byId("nothing-found").hidden = !partly && !nothing;
  // Whoever does not see it hears all of it: how many, the advice, and that nothing fits.
  const heard = [byId("found"), ...notes, ...(partly || nothing ? [byId("nothing-said")] : [])];
  const sentences = heard.map((one) => one.textContent.trim()).filter(Boolean);
  byId("found-said").textContent = sentences.map((one) => one.replace(/\.?$/, ".")).join(" ");
  count();
}

// Back and reload come to the same question and ticks by the address, which the server reads. What a
// browser restores by itself goes by the order of the boxes, and would tick others than these.
for (const box of boxes) box.autocomplete = "off";

function remember() {
  const others = [...new URLSearchParams(location.search)];
  const fields = [...new FormData(form)].filter(([, value]) => value);
  const kept = others.filter(([name]) => !form.elements.namedItem(name));
  const said = new URLSearchParams([...kept, ...fields]);
  history.replaceState(history.state, "", `${said}` ? `?${said}` : location.pathname);
  if (form.method === "get") {
    for (const line of advice) line.firstElementChild.search = location.search;
  }
}

let asked = 0;

async function find() {
  const mine = ++asked;
  const question = search.value.trim();
  remember();
  if (!question) return show([]);
  const address = `/api/v1/catalogue/search?${new URLSearchParams({ q: question })}`;
  const answer = await fetch(address).catch(() => null);
  // Whoever types on is answered for what they typed last; without an answer the groups are there.
  if (mine !== asked || !answer?.ok) return undefined;
  return show((await answer.json()).results);
}

let waiting;

search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(find, PAUSE_MS);
});
byId("find").addEventListener("click", (event) => {
  event.preventDefault();
  find();
});
keepEnter(search);
form.addEventListener("change", () => {
  tell();
  remember();
});
// A browser that comes back keeps the ticks, but not always which groups were open.
addEventListener("pageshow", () => {
  for (const box of boxes) {
    const group = box.closest("details");
    if (box.checked && group) group.open = true;
  }
  tell();
});
