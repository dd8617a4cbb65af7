/** What the screens of this face share: staying awake, telling the time, pulsing once more. */

/** Keeps the screen on where the browser can; asks again whenever the page is seen anew. */
export function stayAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

/** The hall's own time, whatever the screen's computer believes, running on between snapshots. */
export class HallTime {
  constructor(zone, at) {
    this.parts = { timeZone: zone };
    this.hours = new Intl.DateTimeFormat("uk-UA", { ...this.parts, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.set(at);
  }

  set(at) {
    this.base = Date.parse(at) - performance.now();
  }

  now() {
    return new Date(this.base + performance.now());
  }

  /** 10:20 */
  time(moment) {
    return this.hours.format(new Date(moment));
  }

  /** вівторок, 24 листопада */
  day(moment, language = "uk") {
    this[language] ??= new Intl.DateTimeFormat(language === "uk" ? "uk-UA" : "en-GB", {
      ...this.parts, weekday: "long", day: "numeric", month: "long",
    });
    // English writes "Tuesday 24 November"; the pages write a comma in both languages.
    const parts = this[language].formatToParts(new Date(moment));
    const part = (type) => parts.find((one) => one.type === type).value.replace("\u02bc", "’");
    return `${part("weekday")}, ${part("day")}\u00a0${part("month")}`;
  }
}

/** Changes the text only where it differs, so that nothing is laid out or read out twice. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function pulse(element) {
  element.classList.remove("pulse");
  void element.offsetWidth;
  element.classList.add("pulse");
}
