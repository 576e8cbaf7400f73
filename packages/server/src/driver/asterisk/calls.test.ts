// Calls over an Asterisk, by the suite that is there for all of them; the Asterisk is the mock.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { realClock, type VirtualClock } from '../../clock.js';
import { silent } from '../../log.js';
import type { Speech } from '../../speech/speech.js';
import { createCalls, type Calls } from '../call/call.js';
import { callsConform, type CallGround } from '../call/conformance.js';
import type { Legs } from '../legs.js';
import { createLocal } from '../local/local.js';
import { CUSTOMER, openWorld } from '../testing/world.js';
import { createAsterisk } from './asterisk.js';
import { ACCOUNT, openAri, THEIRS, type AriMock } from './testing/ari-mock.js';
import type { MockChannel } from './testing/ari-world.js';
import { pcmWav } from './wav.js';

/** What a voice needs for one letter. */
const LETTER_MS = 80;
const PATIENCE_MS = 120_000;

/** Speech that is made into files of the shared directory, as the real one's cache is. */
const speechIn = (directory: string): Speech => ({
  async say({ text }) {
    const path = join(directory, `${createHash('sha256').update(text).digest('hex')}.wav`);
    await writeFile(path, pcmWav(new Int16Array(text.length * LETTER_MS * 8)));
    return { kind: 'file', path };
  },
  fetch: () => Promise.reject(new Error('nothing is fetched here')),
  close: () => Promise.resolve(),
});

/** What whoever is dialled does. */
function others(ari: AriMock): () => void {
  const timer = setInterval(() => {
    for (const channel of ari.channels.values()) {
      if (channel.state !== 'Down') continue;
      ari.ringing(channel);
      if (channel.asked['endpoint'] === 'PJSIP/busy') ari.destroy(channel, 17);
      if (channel.asked['endpoint'] === 'PJSIP/answers') setTimeout(() => { if (ari.channels.has(channel.id)) ari.pickUp(channel); }, 50);
    }
  }, 10);
  return () => { clearInterval(timer); };
}

async function open(): Promise<CallGround> {
  const directory = await mkdtemp(join(tmpdir(), 'asterisk-calls-'));
  const ari = await openAri({ directory });
  const hush = others(ari);
  let legs: Legs | undefined;
  let calls: Calls | undefined;
  const clock: VirtualClock = { ...realClock(), set: () => undefined, advance: () => undefined };
  const world = await openWorld((host) => {
    legs = createAsterisk({
      ...ACCOUNT, url: ari.url, media: { ours: directory, theirs: THEIRS }, endpoints: { extension: 'PJSIP/{target}' }, outbound_allow: [], customerOf: () => Promise.resolve(CUSTOMER),
    }, { log: silent });
    calls = createCalls({
      host, legs, speech: speechIn(directory), log: silent,
      settings: { recordings: join(directory, 'recordings'), max_calls: 0, ring_timeout_ms: 60_000, outside: (name) => Promise.resolve(name) },
    });
    return [calls.driver, createLocal(host)];
  }, clock);
  const start = async (): Promise<void> => { await legs?.start(); await calls?.start(); };
  await start();

  let numbers = 0;
  const channelOf = (call_id: string): MockChannel => {
    const channel = [...ari.channels.values()].find(({ id, variables }) => id === call_id || variables['ACTIVEFLOW_LEG'] === call_id);
    if (channel === undefined) throw new Error(`no channel of ${call_id}`);
    return channel;
  };
  const until: CallGround['until'] = async (what, check) => {
    for (const end = Date.now() + PATIENCE_MS; !(await check()); await sleep(10)) if (Date.now() > end) throw new Error(`for long, it is not so that ${what}`);
  };
  const documents: CallGround['documents'] = async (kind) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse();
  return {
    until, documents,
    async dial(actions, on_complete) {
      const call_flow_id = await world.flow(actions, on_complete ? { on_complete_flow_id: await world.flow(on_complete) } : {});
      const number = String(++numbers);
      const whose = { kind: 'number', id: `b0000000-0000-4000-8000-${number.padStart(12, '0')}`, customer_id: CUSTOMER, parent: '', key: `${CUSTOMER}/${number}`, version: 1, tm_create: clock.now(), tm_update: null, tm_delete: null };
      await world.store.commit([{ documents: [{ ...whose, data: { number, call_flow_id } }] }]);
      const channel = ari.dial({ exten: number });
      let call_id = '';
      await until('the call is taken', async () => { call_id = channel.variables['ACTIVEFLOW_LEG'] ?? ''; return (await world.store.document('call', call_id)) !== undefined; });
      return { call_id, run: String((await world.store.document('call', call_id))?.data['activeflow_id']) };
    },
    flow: (actions) => world.flow(actions),
    press: async ({ call_id }, typed) => { ari.press(channelOf(call_id), typed); await ari.heard(); },
    hangUp: async (call_id) => {
      // Whoever hangs up during a prompt has heard it begin: the call is answered.
      await world.idle();
      ari.destroy(channelOf(call_id), 16);
      await ari.heard();
    },
    others: { answers: { type: 'extension', target: 'answers' }, busy: { type: 'extension', target: 'busy' }, silent: { type: 'extension', target: 'silent' } },
    stop: async (run) => { await world.node().runner.handle(run, { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } }); },
    hangUpHere: async (call_id) => { await calls?.doors.hangup({ customer_id: CUSTOMER, call_id }, 'local', 'normal'); },
    pass: (milliseconds) => sleep(milliseconds),
    state: (run) => world.store.load(run), events: (run) => world.events(run), document: (kind, id) => world.store.document(kind, id),
    async restart() {
      await legs?.close();
      await world.restart();
      await start();
    },
    survives: true, no_echo: 'NOT_SUPPORTED',
    async close() {
      hush();
      await world.stop();
      await legs?.close();
      await ari.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

callsConform('legs of an Asterisk (a mock of it)', open);
