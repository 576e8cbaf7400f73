// What tests of legs of an Asterisk stand on: a mock, a shared directory, and what was told.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { silent, type Log } from '../../../log.js';
import type { LegEvent, LegFact, Legs } from '../../legs.js';
import { createAsterisk } from '../asterisk.js';
import { pcmWav } from '../wav.js';
import { ACCOUNT, openAri, THEIRS, type AriMock } from './ari-mock.js';
import type { MockChannel } from './ari-world.js';

/** Whose calls are that come in without a name. */
export const CUSTOMER = '10000000-0000-4000-8000-000000000001';
/** An id of an effect, by number. */
export const effectId = (number: number): string => `20000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** How a process differs from the usual. */
export type Differs = { readonly log?: Log; readonly customerOf?: (named: string) => Promise<string | undefined>; readonly password?: string; readonly url?: string; readonly start_ms?: number };

/** Opens a stage, with one process at work. */
export async function openStage() {
  const directory = await mkdtemp(join(tmpdir(), 'asterisk-'));
  const ari: AriMock = await openAri({ directory, speed: 4 });
  const told: LegEvent[] = [];
  const made: Legs[] = [];
  /** A process: it tells into the same list. */
  const make = ({ log = silent, customerOf, password = ACCOUNT.password, url = ari.url, start_ms = 60_000 }: Differs = {}): Legs => {
    const legs = createAsterisk({
      ...ACCOUNT, password, url, media: { ours: directory, theirs: THEIRS },
      endpoints: { tel: 'PJSIP/{target}@trunk', extension: 'PJSIP/{target}', sip: 'PJSIP/out/{target}' },
      outbound_allow: ['+', '@b.example'],
      customerOf: customerOf ?? ((named) => Promise.resolve(named === '' ? CUSTOMER : named === 'unknown' ? undefined : named)),
    }, { log, patience: { retry_ms: [5, 50], ping_ms: 5_000, replaced_ms: 50, start_ms, insist_ms: 300 } });
    legs.listen((event) => told.push(event));
    made.push(legs);
    return legs;
  };
  const legs = make();
  await legs.start();

  const until = async <T extends LegFact['type']>(type: T, count = 1): Promise<Extract<LegEvent, { type: T }>> => {
    const all = (): Extract<LegEvent, { type: T }>[] => told.filter((event): event is Extract<LegEvent, { type: T }> => event.type === type);
    await expect.poll(() => all().length).toBeGreaterThanOrEqual(count);
    return all()[count - 1] as Extract<LegEvent, { type: T }>;
  };
  return {
    directory, ari, told, legs, make, until,
    types: (): string[] => told.map(({ type }) => type),
    /** A call that came in and was answered. */
    async answered(on: Legs = legs): Promise<{ readonly leg_id: string; readonly channel: MockChannel }> {
      const before = told.filter(({ type }) => type === 'answered').length;
      const channel = ari.dial({ exten: '100' });
      await expect.poll(() => told.some((event) => event.type === 'offered' && channel.variables['ACTIVEFLOW_LEG'] === event.leg_id)).toBe(true);
      const leg_id = channel.variables['ACTIVEFLOW_LEG'] ?? '';
      await on.answer(leg_id);
      await until('answered', before + 1);
      return { leg_id, channel };
    },
    /** A sound of so many milliseconds in the shared directory. */
    async sound(name: string, lasts_ms: number): Promise<{ readonly kind: 'file'; readonly path: string }> {
      const path = join(directory, `${name}.wav`);
      await writeFile(path, pcmWav(new Int16Array(lasts_ms * 8)));
      return { kind: 'file', path };
    },
    /** What was asked of the mock, as `METHOD /path`. */
    asked: (pattern: RegExp): string[] => ari.asked.map(({ method, path }) => `${method} ${path}`).filter((one) => pattern.test(one)),
    async close(): Promise<void> {
      for (const one of made) await one.close();
      await ari.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An open stage. */
export type Stage = Awaited<ReturnType<typeof openStage>>;
