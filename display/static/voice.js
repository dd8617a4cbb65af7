/**
 * Says a call aloud: the chime, then each language as the server speaks it, else as the browser
 * can, else nothing. Whoever calls `say` waits until it is over before the next.
 */

const AFTER_CHIME_MS = 900;
const AFTER_PART_MS = 200;
const ANSWERED_WITHIN_MS = 8000;
const LONGER_THAN_SAID_MS = 1500;
const LONGEST_BY_BROWSER_MS = 15000;

export class Voice {
  /** `branch`: whose calls; `chime`: through which they sound; `volume`: from 0 to 1. */
  constructor({ branch, chime, volume }) {
    this.branch = branch;
    this.chime = chime;
    this.volume = volume;
    chime.volume = volume;
  }

  get isSilent() {
    return this.volume === 0 || this.chime.blocked;
  }

  /** Never fails, and ends even where a sound never does. */
  async say(call) {
    if (this.isSilent) return;
    this.chime.play();
    const asked = this.parts(call);
    const [parts] = await Promise.all([asked, pause(AFTER_CHIME_MS)]);
    for (const part of parts) {
      await this.sayPart(part);
      await pause(AFTER_PART_MS);
    }
  }

  /** The words of each language, and their sound as it comes. */
  async parts({ number, desk }) {
    const which = new URLSearchParams({ ticket: number, desk });
    const answer = await get(`/display/${this.branch}/call-outs?${which}`);
    const { said } = answer ? await answer.json() : { said: [] };
    return said.map((part) => ({ ...part, sound: this.sound(part.audio) }));
  }

  async sound(address) {
    if (!this.chime.possible) return null;
    const answer = await get(address);
    if (answer?.status !== 200) return null;
    const content = await answer.arrayBuffer().catch(() => new ArrayBuffer(0));
    return this.chime.context.decodeAudioData(content).catch(() => null);
  }

  async sayPart({ sound, text, language }) {
    const buffer = await sound;
    if (buffer) await this.play(buffer);
    else await sayByBrowser(text, language, this.volume);
  }

  async play(buffer) {
    const source = this.chime.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.chime.out);
    const ended = new Promise((resolve) => (source.onended = resolve));
    source.start();
    await Promise.race([ended, pause(buffer.duration * 1000 + LONGER_THAN_SAID_MS)]);
    source.stop();
    source.disconnect();
  }
}

/** The last resort: a voice that this browser has for the language, if it has one. */
async function sayByBrowser(text, language, volume) {
  const spoken = window.speechSynthesis;
  const voice = spoken?.getVoices().find((one) => one.lang.toLowerCase().startsWith(language));
  if (!voice) return;
  const said = new SpeechSynthesisUtterance(text);
  Object.assign(said, { voice, lang: voice.lang, volume });
  const ended = new Promise((resolve) => (said.onend = said.onerror = resolve));
  spoken.speak(said);
  await Promise.race([ended, pause(LONGEST_BY_BROWSER_MS)]);
  spoken.cancel();
}

/** The answer if it is a good one; null if not, or if none came in time. */
async function get(address) {
  const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  const answer = await fetch(address, { signal }).catch(() => null);
  return answer?.ok ? answer : null;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
