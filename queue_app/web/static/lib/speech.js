/**
 * Speech as the server makes it, else as the browser can, else none: one text at a time, through
 * one output, and silent at once when it is told to be.
 */

const ANSWERED_WITHIN_MS = 8000;
const LONGER_THAN_SAID_MS = 1500;
const LONGEST_BY_BROWSER_MS = 30000;
/** A voice that breaks off within a sample cracks. */
const FADE_SECONDS = 0.04;

export class Speech {
  /** `context`: of audio, null where the browser has none; `out`: through what it sounds; `volume`:
   * from 0 to 1, for the browser's own voice. */
  constructor({ context, out, volume = 1 }) {
    this.context = context;
    this.out = out;
    this.volume = volume;
    this.hush = () => {};
  }

  /** The sound that the address gives; null if it gives none. */
  async fetch(address) {
    if (!this.context) return null;
    const answer = await answerOf(address);
    if (answer?.status !== 200) return null;
    const content = await answer.arrayBuffer().catch(() => new ArrayBuffer(0));
    return this.context.decodeAudioData(content).catch(() => null);
  }

  /** Never fails, and ends even where a sound never does. `sound`: null for the browser's voice. */
  async say({ sound, text, language }) {
    if (sound) await this.play(sound);
    else await this.sayByBrowser(text, language);
  }

  async play(sound) {
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = sound;
    source.connect(gain).connect(this.out);
    const ended = new Promise((resolve) => (source.onended = resolve));
    this.hush = () => {
      const now = this.context.currentTime;
      gain.gain.setValueAtTime(1, now);
      gain.gain.linearRampToValueAtTime(0, now + FADE_SECONDS);
      source.stop(now + FADE_SECONDS);
    };
    source.start();
    await Promise.race([ended, pause(sound.duration * 1000 + LONGER_THAN_SAID_MS)]);
    source.stop();
    gain.disconnect();
    this.hush = () => {};
  }

  /** The last resort: a voice that this browser has for the language, if it has one. */
  async sayByBrowser(text, language) {
    const spoken = window.speechSynthesis;
    const voice = spoken?.getVoices().find((one) => one.lang.toLowerCase().startsWith(language));
    if (!voice) return;
    const said = new SpeechSynthesisUtterance(text);
    Object.assign(said, { voice, lang: voice.lang, volume: this.volume });
    const ended = new Promise((resolve) => (said.onend = said.onerror = resolve));
    this.hush = () => spoken.cancel();
    spoken.speak(said);
    await Promise.race([ended, pause(LONGEST_BY_BROWSER_MS)]);
    spoken.cancel();
    this.hush = () => {};
  }
}

/** The answer if it is a good one; null if not, or if none came in time. */
export async function answerOf(address) {
  const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  const answer = await fetch(address, { signal }).catch(() => null);
  return answer?.ok ? answer : null;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
