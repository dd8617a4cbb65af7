/** Times as people say them: 10:20, вівторок, 24 листопада, 15–25 хв. In the centre's own zone. */

import { fill, language, t } from "/static/kiosk/words.js";

const NBSP = "\u00a0";
const LOCALES = { uk: "uk-UA", en: "en-GB" };

let zone;
let ahead = 0;

/** `name`: the centre's IANA zone; `iso`: what the hall's clock shows now. */
export function setClock(name, iso) {
  zone = name;
  ahead = new Date(iso) - Date.now();
}

/** The hall's time, which a trial run may have set apart from the machine's. */
export function now() {
  return new Date(Date.now() + ahead);
}

export function time(moment) {
  return format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function day(moment) {
  const weekday = format(moment, { weekday: "long" }).replace("\u02bc", "’");
  return `${weekday}, ${format(moment, { day: "numeric", month: "long" })}`;
}

/** "today, 10:20", "tomorrow, Tuesday, 24 November, 10:20", or the day by its name. */
export function when(moment) {
  const days = daysBetween(now(), moment);
  const text = days === 0 ? t().today_at : days === 1 ? t().tomorrow_at : t().day_at;
  return fill(text, { day: day(moment), time: time(moment) });
}

/** 15 хв, 15–25 хв, or from an hour on 50 хв – 1 год 15 хв. */
export function minutes(low, high) {
  if (low === high) return length(low);
  if (high < 60) return `${low}–${high}${NBSP}${t().minute}`;
  return `${length(low)} – ${length(high)}`;
}

function length(total) {
  const hours = Math.floor(total / 60);
  const rest = total % 60;
  const parts = hours ? [`${hours}${NBSP}${t().hour}`] : [];
  if (rest || !hours) parts.push(`${rest}${NBSP}${t().minute}`);
  return parts.join(NBSP);
}

function daysBetween(from, to) {
  const midnight = (moment) =>
    Date.parse(new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(moment));
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

function format(moment, options) {
  return new Intl.DateTimeFormat(LOCALES[language()], { ...options, timeZone: zone }).format(
    moment,
  );
}
