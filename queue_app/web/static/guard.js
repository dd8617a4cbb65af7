/*
 * Says that a page is not kept up to date when its own scripts cannot say it: a module that did not
 * load, an error at the start or in a frame, a browser that is too old. So it is no module, uses
 * words that every browser knows, and hears only one thing: the document's event "alive", which the
 * live line (lib/live.js) sends every half second while the page shows what it should, or says
 * itself what it does not know.
 *
 * Before it runs, guard.css says the same by itself. A screen that nobody sits at
 * (`data-unattended`) is loaded anew as soon as the server has it, and says so until it is well.
 */
(function () {
  var SILENT_MS = 6000;
  var TICK_MS = 500;
  var SLEPT_MS = 3000;
  var LOAD_AFTER_MS = 45000;
  var KEPT = "guard";

  var root = document.documentElement;
  var heardAt = performance.now();
  var tickedAt = heardAt;
  var saidAt = null;

  function guard() {
    return document.getElementById("guard");
  }

  function say() {
    var place = guard();
    if (!place || saidAt !== null) return;
    saidAt = performance.now();
    place.className += " says";
    keep("1");
  }

  function unsay() {
    var place = guard();
    saidAt = null;
    if (place) place.className = place.className.replace(" says", "");
    keep("");
  }

  function hear() {
    heardAt = performance.now();
    if (saidAt !== null) unsay();
  }

  /* A machine that slept, or a page that nobody saw, was silent without being broken. */
  function rest() {
    heardAt = performance.now();
  }

  function tick() {
    var now = performance.now();
    if (now - tickedAt > SLEPT_MS || document.hidden) rest();
    tickedAt = now;
    if (now - heardAt > SILENT_MS) say();
    if (saidAt !== null && now - saidAt > LOAD_AFTER_MS) {
      saidAt = now;
      loadAnew();
    }
  }

  /* Only if it is there: a browser's own page about an error never comes back. */
  function loadAnew() {
    if (!guard().hasAttribute("data-unattended")) return;
    var request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.onload = function () {
      if (request.status === 200 && saidAt !== null) location.reload();
    };
    request.send();
  }

  /* What was said before the page was loaded anew is true until it is well. */
  function keep(value) {
    try {
      if (value) sessionStorage.setItem(KEPT, location.pathname);
      else sessionStorage.removeItem(KEPT);
    } catch (error) {
      /* Storage is switched off: it is said a few seconds later. */
    }
  }

  function wasSaid() {
    try {
      return sessionStorage.getItem(KEPT) === location.pathname;
    } catch (error) {
      return false;
    }
  }

  root.setAttribute("data-guarded", "");
  document.addEventListener("alive", hear);
  document.addEventListener("visibilitychange", rest);
  setInterval(tick, TICK_MS);
  if (wasSaid()) say();
})();
