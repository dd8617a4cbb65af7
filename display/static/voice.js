/**
 * Says a call aloud: the chime, then each language as the server speaks it, else as the browser
 * can, else nothing. Whoever calls `say` waits until it is over before the next.
 */

import { answerOf, pause, Speech } from "/static/web/lib/speech.js";

const AFTER_CHIME_MS = 900;
/** Where others wait for their turn, the chime is only just heard before the words. */
const AFTER_CHIME_IN_A_ROW_MS = 450;
const AFTER_PART_MS = 200;

export class Voice {
  /** `branch`: whose calls; `chime`: through which they sound; `volume`: from 0 to 1. */
  constructor({ branch, chime, volume }) {
    this.branch = branch;
    this.chime = chime;
    this.volume = volume;
    chime.volume = volume;
    this.speech = new Speech({ context: chime.context, out: chime.out, volume });
    this.said = null;
    this.ready = new Map();
  }

  get isSilent() {
    return this.volume === 0 || this.chime.blocked;
  }

  /** Never fails, and ends even where a sound never does. `inARow`: others are to be called. */
  async say(call, inARow = false) {
    if (this.isSilent) return;
    const mine = { ticket: call.ticket };
    this.said = mine;
    this.chime.play();
    const asked = this.partsOf(call);
    const [parts] = await Promise.all([
      asked,
      pause(inARow ? AFTER_CHIME_IN_A_ROW_MS : AFTER_CHIME_MS),
    ]);
    for (const part of parts) {
      const sound = await part.sound;
      if (this.said !== mine) return;
      await this.speech.say({ ...part, sound });
      if (this.said !== mine) return;
      await pause(AFTER_PART_MS);
    }
    if (this.said === mine) this.said = null;
  }

  /** What is said of this ticket is said no further: its call was taken back. */
  stop(ticket) {
    if (this.said?.ticket !== ticket) return;
    this.said = null;
    this.speech.hush();
  }

  /** Of whom is called next, so that their words are there when it is their turn. */
  prepare(call) {
    if (this.isSilent || this.ready.has(keyOf(call))) return;
    this.ready.clear();
    this.ready.set(keyOf(call), this.parts(call));
  }

  partsOf(call) {
    const parts = this.ready.get(keyOf(call)) ?? this.parts(call);
    this.ready.clear();
    return parts;
  }

  /** The words of each language, and their sound as it comes. */
  async parts({ number, desk }) {
    const which = new URLSearchParams({ ticket: number, desk });
    const answer = await answerOf(`/display/${this.branch}/call-outs?${which}`);
    const content = await answer?.json().catch(() => null);
    return (content?.said ?? []).map((part) => ({ ...part, sound: this.speech.fetch(part.audio) }));
  }
}

const keyOf = ({ ticket, desk, calls }) => `${ticket} ${desk} ${calls}`;
