// What is heard: prompts, sounds, tones. Made by `speech`, played by the leg, over when the leg says so.
import type { Result } from '@activeflow/engine';
import type { Performed } from '../driver.js';
import type { Sound } from '../../media/sound.js';
import type { StoredEffect } from '../../store/store.js';
import { performOn } from './begin.js';
import { settleOpen, type Floor, type Line, type Open } from './line.js';

/** The tone before a recording, and of `beep`. */
export const BEEP: Sound = { kind: 'tone', frequencies_hz: [1_000], on_ms: 300, off_ms: 0, repeat: 1 };

type Spoken = { readonly text: string; readonly language: string; readonly gender?: string; readonly voice_id: string; readonly provider: string; readonly digits_handle: string };

/** Performs `call.talk`. A digit ends it where `digits_handle` says so, typed ahead too. */
export const performTalk = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const { text, language, gender = '', voice_id, provider, digits_handle } = effect.payload as Spoken;
  return playing(floor, effect, async ({ signal }) => (text.trim() === '' ? [] : [await floor.speech.say({ customer_id: effect.customer_id, text, language, gender, voice_id, provider }, signal)]), digits_handle === 'next');
};

/** Performs `call.play`: the sounds are fetched at the same time, and played one after the other. */
export const performPlay = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const { stream_urls } = effect.payload as { stream_urls: readonly string[] };
  return playing(floor, effect, ({ signal }) => Promise.all(stream_urls.map((url) => floor.speech.fetch(effect.customer_id, url, signal))), false);
};

/** Performs `call.beep`. */
export const performBeep = (floor: Floor, effect: StoredEffect): Promise<Performed> => playing(floor, effect, () => Promise.resolve([BEEP]), false);

function playing(floor: Floor, effect: StoredEffect, sounds: (abort: AbortController) => Promise<readonly Sound[]>, digit_ends: boolean): Promise<Performed> {
  return performOn(floor, effect, (line) => ({
    digit_ends,
    async start(open: Open) {
      const made = await sounds(open.abort);
      if (made.length === 0) return { ok: true, data: {} };
      // A digit or the end may have come while it was being made.
      if (open.result === undefined) floor.legs.play(line.id, effect.id, made);
      return undefined;
    },
    undo: () => { floor.legs.stop(line.id, effect.id); },
  }));
}

/** A sound has ended. One that was stopped, and not by us, is over because its leg is: the end of that follows. */
export async function soundEnded(floor: Floor, line: Line, id: string, how: 'end' | 'stopped' | 'failed', message = 'the sound could not be played'): Promise<void> {
  const then = line.sounds.get(id);
  if (then && how !== 'stopped') {
    line.sounds.delete(id);
    await then();
    return;
  }
  const open = line.open.get(id);
  if (open === undefined || how === 'stopped') return;
  const result: Result = how === 'end' ? { ok: true, data: {} } : { ok: false, reason: 'PLAYBACK_FAILED', message };
  await settleOpen(floor, line, open, result);
}
