// A sound that is being made once, for everybody who asks for it meanwhile. It is made as fast as it can be, whether or not anybody listens yet.
import { SAMPLE_RATE } from '../media/sound.js';
import { NoSound, noSound } from './errors.js';
import { joined } from './wav.js';

/** A sound in the making. */
export type Making = {
  /** Counts one who wants it; resolves when there is something to be heard, or when all of it is there. Rejects with `NoSound`, also when the signal ends the wait. */
  readonly join: (signal: AbortSignal) => Promise<void>;
  /** From the beginning on, whatever was made before. Throws where the making fails. */
  readonly chunks: () => AsyncIterable<Int16Array>;
  /** All of it, when it is there. Rejects with `NoSound`. */
  readonly whole: Promise<Int16Array>;
  /** Nobody wanted it any more, or it failed: whoever wants it now has it made anew. */
  readonly given_up: () => boolean;
};

/** Twenty minutes: what is in the making stays in memory. */
const LONGEST_SAMPLES = 20 * 60 * SAMPLE_RATE;

/** Starts to make a sound. `make` is told by its signal when the last who wanted it wants it no more. */
export function startMaking(make: (signal: AbortSignal) => AsyncIterable<Int16Array>): Making {
  const controller = new AbortController();
  const parts: Int16Array[] = [];
  let wanted = 0;
  let over = false;
  let failure: NoSound | undefined;
  const told: (() => void)[] = [];
  const tell = (): void => {
    for (const go of told.splice(0)) go();
  };
  const change = (): Promise<void> => new Promise((resolve) => told.push(resolve));

  const run = async (): Promise<Int16Array> => {
    let size = 0;
    try {
      for await (const part of make(controller.signal)) {
        controller.signal.throwIfAborted();
        size += part.length;
        if (size > LONGEST_SAMPLES) throw new NoSound('SOUND_TOO_LONG', `the text takes longer than ${LONGEST_SAMPLES / SAMPLE_RATE} seconds to say`);
        if (part.length > 0) parts.push(part);
        tell();
      }
      return joined(parts);
    } catch (error) {
      throw (failure = noSound(error, 'TTS_FAILED'));
    } finally {
      over = true;
      tell();
    }
  };
  const whole = run();
  // Whoever wants to know asks for it; that nobody asks is no error.
  whole.catch(() => undefined);

  async function* chunks(): AsyncIterator<Int16Array> {
    for (let next = 0; ; next += 1) {
      while (parts.length <= next && !over) await change();
      const part = parts[next];
      if (part !== undefined) yield part;
      else if (failure !== undefined) throw failure;
      else return;
    }
  }
  const leave = (): void => {
    wanted -= 1;
    if (wanted === 0) controller.abort(canceled());
    tell();
  };
  const join = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw canceled();
    wanted += 1;
    signal.addEventListener('abort', leave, { once: true });
    // The signal may live on for long; this does not.
    const end = (): void => signal.removeEventListener('abort', leave);
    whole.then(end, end);
    while (parts.length === 0 && !over && !signal.aborted) await change();
    if (signal.aborted) throw canceled();
    if (parts.length === 0 && failure !== undefined) throw failure;
  };
  return { join, chunks: () => ({ [Symbol.asyncIterator]: chunks }), whole, given_up: () => failure !== undefined || controller.signal.aborted };
}

const canceled = (): NoSound => new NoSound('CANCELED', 'nobody wants it any more');
