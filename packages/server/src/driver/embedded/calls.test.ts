// Calls over SIP and sound of this process, by the suite that is there for all of them: the real stack, the real media worker, and phones on the loopback.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { realClock, type VirtualClock } from '../../clock.js';
import { silent } from '../../log.js';
import { createMedia } from '../../media/client.js';
import type { Speech } from '../../speech/speech.js';
import { createCalls, type Calls } from '../call/call.js';
import { callsConform, type CallGround } from '../call/conformance.js';
import type { Legs } from '../legs.js';
import { createLocal } from '../local/local.js';
import { ha1 } from '../sip/digest.js';
import type { Directory } from '../sip/directory.js';
import { createSip } from '../sip/sip.js';
import { createTransactions } from '../sip/wire.js';
import { CUSTOMER, openWorld, type World } from '../testing/world.js';
import { createEmbedded } from './embedded.js';
import { openSoftphone, type Manner, type Softphone } from './testing/softphone.js';

const PATIENCE_MS = 120_000;
/** What a voice needs for one letter. */
const LETTER_MS = 100;
const PASSWORD = 'a long password';

/** Speech without words: as long as the text, so that nothing here depends on a voice. */
const murmur: Speech = {
  say: ({ text }) => Promise.resolve({ kind: 'tone', frequencies_hz: [300], on_ms: text.length * LETTER_MS, off_ms: 0, repeat: 1 }),
  fetch: () => Promise.reject(new Error('nothing is fetched here')),
  close: () => Promise.resolve(),
};

const directory: Directory = {
  customerOf: () => Promise.resolve(CUSTOMER),
  extension: (customer_id, name) => Promise.resolve({ id: name, customer_id, extension: name, ha1: { md5: ha1('MD5', name, customer_id, PASSWORD), sha256: ha1('SHA-256', name, customer_id, PASSWORD) } }),
  trunkByAddress: () => Promise.resolve(undefined), trunkByUsername: () => Promise.resolve(undefined), trunkFor: () => Promise.resolve(undefined), registering: () => Promise.resolve([]),
};

/** A process: SIP on a free port, its sound, and the end of both, as if it were killed. */
function openLegs(): { readonly legs: Legs; readonly port: () => number; readonly close: () => Promise<void> } {
  const transactions = createTransactions({ listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] });
  const media = createMedia({ host: '127.0.0.1', ports: [20_000, 59_999], silent_ms: 600_000 });
  const legs = createEmbedded({ signallings: [createSip({ transactions, media, directory, log: silent })], media });
  return {
    legs, port: () => transactions.bound()[0]?.port ?? 0,
    async close() {
      legs.listen(() => undefined);
      await legs.close();
      await media.stopWorker();
    },
  };
}

/** A node on top of it, and phones that can be dialled. */
async function openNode(): Promise<{ readonly world: World; readonly calls: () => Calls; readonly port: () => number; readonly others: ReadonlyMap<string, Softphone>; readonly restart: () => Promise<void>; readonly close: () => Promise<void> }> {
  const recordings = mkdtempSync(join(tmpdir(), 'embedded-calls-'));
  const clock: VirtualClock = { ...realClock(), set: () => undefined, advance: () => undefined };
  let node: { readonly carried: ReturnType<typeof openLegs>; readonly calls: Calls } | undefined;
  const there = () => { if (node === undefined) throw new Error('no node'); return node; };
  const world = await openWorld((host) => {
    const carried = openLegs();
    const settings = { recordings, max_calls: 0, ring_timeout_ms: 60_000, outside: (name: string) => Promise.resolve(name) };
    node = { carried, calls: createCalls({ host, legs: carried.legs, speech: murmur, log: silent, settings }) };
    return [node.calls.driver, createLocal(host)];
  }, clock);
  let bound = 0;
  const start = async (): Promise<void> => {
    await there().calls.start();
    await there().carried.legs.start();
    bound = there().carried.port();
  };
  await start();
  // Phones know where it was, though it is gone.
  const port = (): number => bound;
  const others = new Map<string, Softphone>();
  for (const manner of ['answers', 'busy', 'silent'] as const satisfies readonly Manner[]) {
    const phone = await openSoftphone(manner, PASSWORD, port, manner);
    await phone.register();
    others.set(manner, phone);
  }
  return {
    world, port, others, calls: () => there().calls,
    async restart() {
      await there().carried.close();
      await world.restart();
      await start();
    },
    async close() {
      await world.stop();
      await there().carried.close();
      for (const phone of others.values()) await phone.close();
      rmSync(recordings, { recursive: true, force: true });
    },
  };
}

async function open(): Promise<CallGround> {
  const node = await openNode();
  const { world } = node;
  const callers = new Map<string, Softphone>();
  let numbers = 0;
  const until: CallGround['until'] = async (what, check) => {
    for (const end = Date.now() + PATIENCE_MS; !(await check()); await sleep(10)) if (Date.now() > end) throw new Error(`for long, it is not so that ${what}`);
  };
  const documents: CallGround['documents'] = async (kind) => (await world.store.documents({ kind, limit: 100 })).map(({ row }) => row).reverse();
  return {
    until, documents,
    async dial(actions, on_complete) {
      const call_flow_id = await world.flow(actions, on_complete ? { on_complete_flow_id: await world.flow(on_complete) } : {});
      const number = `9${++numbers}`;
      const whose = { kind: 'number', id: `b0000000-0000-4000-8000-${number.padStart(12, '0')}`, customer_id: CUSTOMER, parent: '', key: `${CUSTOMER}/${number}`, version: 1, tm_create: world.clock.now(), tm_update: null, tm_delete: null };
      await world.store.commit([{ documents: [{ ...whose, data: { number, call_flow_id } }] }]);
      const phone = await openSoftphone('1000', PASSWORD, node.port);
      await phone.dial(number);
      const taken = async () => (await documents('call')).find(({ data }) => JSON.stringify(data['destination']).includes(number));
      await until('the call is taken', async () => (await taken()) !== undefined);
      const call = await taken();
      callers.set(call?.id ?? '', phone);
      return { call_id: call?.id ?? '', run: String(call?.data['activeflow_id']) };
    },
    flow: (actions) => world.flow(actions),
    press: async ({ call_id }, digits) => { await callers.get(call_id)?.press(digits); },
    async hangUp(call_id) {
      // Whoever hangs up during a prompt has heard it begin: what answers has answered.
      await world.idle();
      const caller = callers.get(call_id);
      if (caller && (await world.store.document('call', call_id))?.data['status'] === 'progressing') await caller.answered;
      (caller ?? node.others.get('answers'))?.hangUp();
    },
    others: { answers: { type: 'extension', target: 'answers' }, busy: { type: 'extension', target: 'busy' }, silent: { type: 'extension', target: 'silent' } },
    stop: async (run) => { await world.node().runner.handle(run, { type: 'stop', reason: 'canceled' }, { cause: { by: 'api' } }); },
    hangUpHere: async (call_id) => { await node.calls().doors.hangup({ customer_id: CUSTOMER, call_id }, 'local', 'normal'); },
    pass: (milliseconds) => sleep(milliseconds),
    state: (run) => world.store.load(run), events: (run) => world.events(run), document: (kind, id) => world.store.document(kind, id),
    restart: node.restart, survives: false,
    async close() {
      await node.close();
      for (const phone of callers.values()) await phone.close();
    },
  };
}

callsConform('legs of this process: SIP and RTP', open);
