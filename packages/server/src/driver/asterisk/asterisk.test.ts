import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../log.js';
import type { LegEvent, Legs } from '../legs.js';
import { createAsterisk } from './asterisk.js';
import { ACCOUNT, openAri, THEIRS, type AriMock } from './testing/ari-mock.js';
import { pcmWav } from './wav.js';

const CUSTOMER = '10000000-0000-4000-8000-000000000001';

let directory: string;
let ari: AriMock;
let legs: Legs;
let told: LegEvent[];

function make(log = silent): Legs {
  const made = createAsterisk({
    ...ACCOUNT, url: ari.url, media: { ours: directory, theirs: THEIRS },
    endpoints: { tel: 'PJSIP/{target}@trunk', extension: 'PJSIP/{target}', sip: 'PJSIP/out/{target}' },
    customerOf: (named) => Promise.resolve(named === '' ? CUSTOMER : named === 'unknown' ? undefined : named),
  }, { log, patience: { retry_ms: [5, 50], ping_ms: 1_000, replaced_ms: 50 } });
  made.listen((event) => told.push(event));
  return made;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asterisk-'));
  ari = await openAri({ directory, speed: 4 });
  told = [];
  legs = make();
  await legs.start();
});
afterEach(async () => {
  await legs.close();
  await ari.close();
  await rm(directory, { recursive: true, force: true });
});

const types = (): string[] => told.map(({ type }) => type);
const until = async (type: LegEvent['type']): Promise<LegEvent> => {
  await expect.poll(types).toContain(type);
  return told.find((event) => event.type === type)!;
};

describe('a call that came in', () => {
  it('is offered, answered and ended, each once, in numbers', async () => {
    const channel = ari.dial({ exten: '100', number: '+15551234', name: 'Ada' });
    const offered = await until('offered');
    expect(offered).toMatchObject({ customer_id: CUSTOMER, number: 1, source: { type: 'tel', target: '+15551234', target_name: 'Ada' }, destination: { type: 'extension', target: '100' }, via: { kind: 'channel', id: 'PJSIP/peer' } });
    await legs.ring(offered.leg_id);
    await legs.answer(offered.leg_id);
    await legs.answer(offered.leg_id);
    await until('answered');
    ari.press(channel, '5');
    await until('digit');
    ari.destroy(channel, 16);
    expect(await until('ended')).toMatchObject({ cause: 'normal', by: 'remote', number: 4 });
    expect(told.map(({ type, number }) => `${number} ${type}`)).toEqual(['1 offered', '2 answered', '3 digit', '4 ended']);
    expect(await legs.alive()).toEqual([]);
  });
});

describe('playing', () => {
  it('plays a file once, and tells its end', async () => {
    await writeFile(join(directory, 'hello.wav'), pcmWav(new Int16Array(800)));
    const channel = ari.dial({ exten: '100' });
    const { leg_id } = await until('offered');
    await legs.answer(leg_id);
    legs.play(leg_id, '20000000-0000-4000-8000-000000000001', [{ kind: 'file', path: join(directory, 'hello.wav') }]);
    legs.play(leg_id, '20000000-0000-4000-8000-000000000001', [{ kind: 'file', path: join(directory, 'hello.wav') }]);
    expect(await until('playback_done')).toMatchObject({ how: 'end', id: '20000000-0000-4000-8000-000000000001' });
    expect(channel.heard).toEqual([`sound:${THEIRS}/hello`]);
  });
});
