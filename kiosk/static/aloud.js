/**
 * Each step said aloud, for whoever asked for it: what is new cuts off what is being said, news of
 * the same screen waits for its turn.
 */

import { pause, Speech } from "/static/web/lib/speech.js";
import { language } from "/static/web/lib/words.js";
import { known } from "./times.js";

const LOUDNESS_STEP = 0.2;
/** So long somebody who presses on quickly is not spoken to: a step of theirs, not each. */
const BEFORE_MS = 120;

let speech = null;
let on = false;
let loudness = 1;
let waiting = [];
let turn = 0;
let speaking = false;
let stir = () => {};

/** `callback`: is called while something is said, as its listener is there. */
export function begin(callback) {
  stir = callback;
}

export const isOn = () => on;

/** To be called by what a person does: browsers let no page sound before. */
export function turnOn(wish) {
  on = wish;
  document.documentElement.classList.toggle("aloud", on);
  if (!on) return hush();
  if (!speech) open();
  return speech.context?.resume().catch(() => {});
}

function open() {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  const context = Context ? new Context() : null;
  const out = context?.createGain() ?? null;
  out?.connect(context.destination);
  speech = new Speech({ context, out });
}

/** Says this now. */
export function tell(texts) {
  hush();
  add(texts);
}

/** Says this once what is being said is over. */
export function add(texts) {
  if (!on) return;
  const spoken = language();
  waiting.push(...texts.map((text) => ({ text, language: spoken, sound: null })));
  if (!speaking) run();
}

export function hush() {
  turn += 1;
  waiting = [];
  speaking = false;
  speech?.hush();
}

/** By one step, up or down. */
export function louder(steps) {
  loudness = Math.min(1, Math.max(LOUDNESS_STEP, loudness + steps * LOUDNESS_STEP));
  if (speech?.out) speech.out.gain.value = loudness;
  if (speech) speech.volume = loudness;
}

async function run() {
  const mine = turn;
  speaking = true;
  await pause(BEFORE_MS);
  while (mine === turn && waiting.length) {
    const part = waiting.shift();
    fetchSound(part);
    if (waiting.length) fetchSound(waiting[0]);
    const sound = await part.sound;
    if (mine !== turn) return;
    stir();
    await speech.say({ ...part, sound });
    stir();
  }
  if (mine === turn) speaking = false;
}

function fetchSound(part) {
  const which = new URLSearchParams({ language: part.language, text: part.text });
  part.sound ??= speech.fetch(`/kiosk/${known.branch}/aloud.wav?${which}`);
}
