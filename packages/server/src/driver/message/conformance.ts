// What every provider of messages must do, whoever it talks to: one suite for ours and for those of others.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../errors.js';
import type { DeliveryReceipt, Ears, Incoming, MessageProvider, Outgoing, Submitted } from './provider.js';

/** A text that the far side has taken, whole. */
export type TakenText = { readonly source: string; readonly destination: string; readonly text: string };

/** What a provider is tried on: a far side that is there, and can be told what to do. Everything is new for each test. */
export type ProviderGround = {
  readonly provider: MessageProvider;
  /** What the far side has taken, in order. */
  readonly taken: () => Promise<readonly TakenText[]>;
  /** The next submission is answered so, and is not taken; undefined where the far side never does. */
  readonly fail: ((how: 'throttled' | 'refused') => Promise<void>) | undefined;
  /** Somebody texts: true once the far side knows that we have it, false where it would have to deliver again; undefined where nothing comes in. */
  readonly deliver: ((incoming: Omit<Incoming, 'provider_id'>) => Promise<boolean>) | undefined;
  /** The far side says that what it took last has arrived; false where it would have to say so again; undefined where it never does. */
  readonly arrive: (() => Promise<boolean>) | undefined;
  readonly close: () => Promise<void>;
};

const REFERENCE = '7d5e2f3a-0000-4000-8000-000000000001.0';
const outgoing = (text: string, more: Partial<Outgoing> = {}): Outgoing => ({ reference: REFERENCE, source: '+15550100', destination: '+15550101', text, taken: [], ...more });

/** The ground of the running test, and what came of it. */
type Trial = { ground: ProviderGround; heard: Incoming[]; receipts: DeliveryReceipt[]; trouble: boolean };

/** Says that a provider keeps the promises of `provider.ts`. */
export function providerConforms(title: string, open: () => Promise<ProviderGround>): void {
  describe(`provider conformance: ${title}`, () => {
    const trial = {} as Trial;
    const ears: Ears = {
      async onMessage(incoming) { if (trial.trouble) throw new Error('nothing can be written'); trial.heard.push(incoming); return 'taken'; },
      async onReceipt(receipt) { if (trial.trouble) throw new Error('nothing can be written'); trial.receipts.push(receipt); },
    };
    beforeEach(async () => {
      Object.assign(trial, { ground: await open(), heard: [], receipts: [], trouble: false });
      await trial.ground.provider.start(ears);
      await expect.poll(() => trial.ground.provider.health(), { timeout: 20_000 }).toMatchObject({ up: true });
    });
    afterEach(async () => { await trial.ground.provider.close(); await trial.ground.close(); });

    it('has a name, a window, and each door once', () => {
      const { name, window, doors } = trial.ground.provider;
      expect(name).toMatch(/^[a-z][a-z0-9_-]{0,31}$/);
      expect(window).toBeGreaterThan(0);
      const paths = doors.map(({ method, path }) => `${method} ${path}`);
      expect(new Set(paths).size).toBe(paths.length);
      expect(doors.every(({ path }) => /^[a-z]+$/.test(path))).toBe(true);
    });
    sends(trial);
    hears(trial);
    it('is down once it is closed', async () => {
      await trial.ground.provider.close();
      if (trial.ground.fail) expect(trial.ground.provider.health().up).toBe(false);
    });
  });
}

const submit = ({ ground }: Trial, message: Outgoing): Promise<Submitted | Permanent | Retryable> => ground.provider.submit(message, new AbortController().signal)
  .catch((error: unknown) => { if (error instanceof Permanent || error instanceof Retryable) return error; throw error; });

function sends(trial: Trial): void {
  it.each([
    ['plain', 'Your table is ready.'], ['of the extension', 'Price: €[10] {now} \\^~|'], ['of other alphabets', 'Привет, 你好'], ['with emoji', 'See you 👩‍👩‍👧 soon 🎉'],
    ['of several parts', `${'a'.repeat(150)}€€€${'b'.repeat(300)}`], ['with what means something elsewhere', 'a=1&b=%41 + "x" <y>\n${z}'],
  ])('hands over a text %s as it is', async (_, text) => {
    const out = await submit(trial, outgoing(text));
    expect(out).toMatchObject({ outcome: expect.stringMatching(/^(sent|delivered)$/) as string });
    const { provider_ids, parts } = out as Submitted;
    expect(parts).toBeGreaterThan(0);
    expect(provider_ids.every((id) => id !== '')).toBe(true);
    await expect.poll(async () => (await trial.ground.taken()).map((taken) => taken.text), { timeout: 10_000 }).toEqual([text]);
    const [taken] = await trial.ground.taken();
    expect([taken?.source, taken?.destination].map((number) => number?.replace('+', ''))).toEqual(['15550100', '15550101']);
  });

  it('is retryable where the far side has no room, and permanent where it refuses', async () => {
    const { ground: { fail, taken } } = trial;
    if (!fail) return;
    await fail('throttled');
    expect(await submit(trial, outgoing('one'))).toBeInstanceOf(Retryable);
    await fail('refused');
    const refused = await submit(trial, outgoing('two'));
    expect(refused).toBeInstanceOf(Permanent);
    expect((refused as Permanent).reason).toMatch(/^[A-Z][A-Z0-9_]*$/);
    await expect.poll(() => trial.ground.provider.health().up, { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => { await submit(trial, outgoing('three')); return (await taken()).map(({ text }) => text); }, { timeout: 20_000, interval: 500 }).toContain('three');
    expect((await taken()).some(({ text }) => text !== 'three')).toBe(false);
  });
}

function hears(trial: Trial): void {
  it('acknowledges what comes in once it is kept, and not where it cannot be', async () => {
    const { ground: { deliver }, heard } = trial;
    if (!deliver) return;
    trial.trouble = true;
    expect(await deliver({ source: '+15550101', destination: '+15550100', text: 'lost?' })).toBe(false);
    expect(heard).toEqual([]);
    trial.trouble = false;
    expect(await deliver({ source: '+15550101', destination: '+15550100', text: 'YES €👍' })).toBe(true);
    // What was not acknowledged may have come again by itself.
    expect(heard.at(-1)).toMatchObject({ text: 'YES €👍' });
    expect([heard.at(-1)?.source, heard.at(-1)?.destination].map((number) => number?.replace('+', ''))).toEqual(['15550101', '15550100']);
  });

  it('says by its id or ours that a message has arrived', async () => {
    const { ground: { arrive }, receipts } = trial;
    if (!arrive) return;
    const out = await submit(trial, outgoing('Hello'));
    expect(await arrive()).toBe(true);
    await expect.poll(() => receipts, { timeout: 10_000 }).not.toEqual([]);
    const last = receipts.at(-1);
    expect(last?.status).toBe('delivered');
    expect(last?.reference === REFERENCE || (out as Submitted).provider_ids.includes(last?.provider_id ?? '')).toBe(true);
  });
}
