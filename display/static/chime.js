/** Two soft notes, made on the spot: no file, no network. */

const NOTES = [
  { hertz: 659.25, at: 0, seconds: 1.4 },
  { hertz: 523.25, at: 0.42, seconds: 1.9 },
];
const OVERTONES = [
  { times: 1, gain: 0.3 },
  { times: 2, gain: 0.06 },
  { times: 3, gain: 0.02 },
];
const ATTACK_SECONDS = 0.015;

export class Chime {
  /** `onChange`: called when the browser begins or ceases to let this page sound. */
  constructor(onChange = () => {}) {
    const Context = window.AudioContext ?? window.webkitAudioContext;
    this.context = Context ? new Context() : null;
    if (!this.context) return;
    this.context.onstatechange = onChange;
    /** Whatever a page plays goes through here. */
    this.out = this.context.createGain();
    this.out.connect(this.context.destination);
  }

  /** From 0 to 1. */
  set volume(loudness) {
    if (this.out) this.out.gain.value = loudness;
  }

  get possible() {
    return this.context !== null;
  }

  get blocked() {
    return this.possible && this.context.state !== "running";
  }

  /** Ask again; a browser agrees after a touch or a key. */
  async unlock() {
    await this.context?.resume().catch(() => {});
  }

  play() {
    if (!this.possible || this.blocked) return;
    for (const note of NOTES) for (const tone of OVERTONES) this.sound(note, tone);
  }

  sound(note, tone) {
    const start = this.context.currentTime + 0.05 + note.at;
    const end = start + note.seconds;
    const oscillator = this.context.createOscillator();
    const volume = this.context.createGain();
    oscillator.frequency.value = note.hertz * tone.times;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(tone.gain, start + ATTACK_SECONDS);
    volume.gain.exponentialRampToValueAtTime(0.0001, end);
    oscillator.connect(volume).connect(this.out);
    oscillator.onended = () => volume.disconnect();
    oscillator.start(start);
    oscillator.stop(end);
  }
}
