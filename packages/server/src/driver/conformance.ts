// What every driver must do, whatever it drives: one suite for ours and for those of others.
import { EFFECT_KINDS } from '@activeflow/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEffect } from '../store/store.js';
import { Permanent, Retryable, type Driver, type Performed } from './driver.js';

/** What a driver is tried on. Everything is new for each test. */
export type Ground = {
  /** A driver over the same outside, as another process would make it. */
  readonly make: () => Driver;
  /** An effect of a running activeflow that the driver can perform, and that nobody else performs. */
  readonly effect: StoredEffect;
  /** What the driver has done outside, as JSON: whatever must not happen twice. */
  readonly outside: () => Promise<unknown>;
  /** The activeflow of the effect, as JSON. */
  readonly activeflow: () => Promise<unknown>;
  /** Ends that activeflow, as a user would. */
  readonly end: () => Promise<void>;
  /** An effect of the same kind about something that does not exist; undefined where there is nothing that could be missing. */
  readonly unknown?: StoredEffect;
  readonly close: () => Promise<void>;
};

/** Says that a driver keeps the promises of `driver.ts` for one kind of effect. */
export function driverConforms(title: string, open: () => Promise<Ground>): void {
  describe(`driver conformance: ${title}`, () => {
    let ground: Ground;
    beforeEach(async () => { ground = await open(); });
    afterEach(() => ground.close());

    it('names its kinds, each once, all of them known', () => {
      const { kinds, name } = ground.make();
      expect(name).not.toBe('');
      expect(new Set(kinds).size).toBe(kinds.length);
      expect(kinds.filter((kind) => !EFFECT_KINDS.includes(kind))).toEqual([]);
      expect(kinds).toContain(ground.effect.kind);
    });

    it('performs twice what it performs once: nothing more happens outside', async () => {
      const driver = ground.make();
      const first = await ask(driver, ground.effect);
      const once = await ground.outside();
      expect(shape(await ask(driver, again(ground.effect)))).toBe(shape(first));
      expect(await ground.outside()).toEqual(once);
    });

    it('goes on after a restart where another process stopped', async () => {
      const first = await ask(ground.make(), ground.effect);
      const once = await ground.outside();
      expect(shape(await ask(ground.make(), again(ground.effect)))).toBe(shape(first));
      expect(await ground.outside()).toEqual(once);
    });

    it('performs once where two processes ask at once', async () => {
      await ask(ground.make(), ground.effect);
      const once = await ground.outside();
      await ground.close();
      ground = await open();
      await Promise.all([ask(ground.make(), ground.effect), ask(ground.make(), again(ground.effect))]);
      expect(await sizes(ground)).toEqual(JSON.stringify(once).length);
    });

    it('cancels what was not begun, and what was, any number of times', async () => {
      const driver = ground.make();
      await driver.cancel(ground.effect);
      await ask(driver, ground.effect);
      await driver.cancel(ground.effect);
      const once = await ground.outside();
      for (const other of [driver, ground.make()]) await other.cancel(ground.effect);
      expect(await ground.outside()).toEqual(once);
    });

    it('changes nothing of an activeflow that has ended', async () => {
      await ground.end();
      const ended = await ground.activeflow();
      await ask(ground.make(), ground.effect);
      expect(await ground.activeflow()).toEqual(ended);
    });

    it('says for good that something does not exist', async () => {
      if (ground.unknown === undefined) return;
      const reason = expect.stringMatching(/^[A-Z][A-Z_]*$/) as string;
      expect(await ask(ground.make(), ground.unknown)).toMatchObject({ name: 'Permanent', reason });
      await ground.make().cancel(ground.unknown);
    });

    it('puts an effect into the same lane each time', () => {
      const lanes = [ground.make(), ground.make()].map((driver) => driver.lane?.(ground.effect));
      expect(lanes[0]).toBe(lanes[1]);
    });
  });
}

type Answer = Performed | Permanent | Retryable;

/** Performs, and gives one of the two errors that may be thrown as an answer. */
async function ask(driver: Driver, effect: StoredEffect): Promise<Answer> {
  return driver.perform(effect, new AbortController().signal).catch((error: unknown) => {
    if (error instanceof Permanent || error instanceof Retryable) return error;
    throw error;
  });
}

const again = (effect: StoredEffect): StoredEffect => ({ ...effect, attempt: effect.attempt + 1 });

function shape(answer: Answer): string {
  if (answer instanceof Error) return answer.name;
  if ('open' in answer) return 'open';
  return answer.done.ok ? 'done' : answer.done.reason;
}

/** Two grounds differ in their random ids; as much has happened where as much is to be seen. */
const sizes = async (ground: Ground): Promise<number> => JSON.stringify(await ground.outside()).length;
