// Kills the sender of webhooks again and again while it delivers: each told event must arrive at least once, under one id, validly signed, and in
// the order of its activeflow (promise G10).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '../random.js';
import { createApi, type Api } from './api.js';
import { allEnded } from './kill.js';
import { startServer, type Server, type ServerSetting } from './process.js';
import { openReceiver, type Delivery, type Receiver } from './receiver.js';

/** How many kills, how many deliveries at least, of which seed, and where to say how it went. */
export type WebhookKillSetting = { readonly kills: number; readonly deliveries: number; readonly seed: number; readonly say: (line: string) => void };

/** What came of it. */
export type WebhookKillResult = { readonly violations: readonly string[]; readonly kills: number; readonly activeflows: number; readonly deliveries: number; readonly copies: number };

const SECRET = `whsec_${Buffer.from('the kill test knows this secret.').toString('base64')}`;
/** Activeflows started at once. */
const CLIENTS = 4;

/** A moved, ended, ... event as far as it is looked at. */
type Event = { readonly type: string; readonly version: number; readonly entered?: { readonly action: { readonly id: string } } };
/** What is known of the activeflows that were asked for: whether their start was acknowledged. */
type Runs = Map<string, { acknowledged: boolean }>;

/** Runs the rounds, one for each kill. The file is kept where something was violated. */
export async function runWebhookKills({ kills, deliveries, seed, say }: WebhookKillSetting): Promise<WebhookKillResult> {
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-webhooks-'));
  const setting: ServerSetting = { store: join(folder, 'activeflow.db'), access_key: `af_${random.id().replaceAll('-', '')}Webhooks` };
  const receiver = await openReceiver(random.fork('receiver'), SECRET);
  const runs: Runs = new Map();
  let server = await startServer(setting);
  let violations: readonly string[] = [];
  try {
    await createApi(server.url, setting.access_key).ask('PUT', '/customer', { body: { webhook_uri: receiver.url, webhook_secret: SECRET } });
    for (let round = 1; round <= kills; round++) {
      server = await killed(server, setting, { random, runs, receiver, wanted: (deliveries * round) / kills });
      if (round % 10 === 0) say(`${round} kills, ${runs.size} activeflows, ${receiver.count().deliveries} deliveries`);
    }
    await allEnded({ server });
    violations = await faultsOf(createApi(server.url, setting.access_key), runs, receiver);
    return { violations, kills, activeflows: runs.size, ...receiver.count() };
  } finally {
    await server.end();
    await receiver.close();
    if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
    else say(`the file is kept: ${setting.store}`);
  }
}

type Round = { readonly random: Random; readonly runs: Runs; readonly receiver: Receiver; readonly wanted: number };

/** Starts activeflows until what is wanted is there or a moment has come, kills the server, and starts it again. */
async function killed(server: Server, setting: ServerSetting, { random, runs, receiver, wanted }: Round): Promise<Server> {
  const api = createApi(server.url, setting.access_key);
  const until = performance.now() + random.int(50, 800);
  const client = async (): Promise<void> => {
    // What still has to arrive is on its way already: enough is started, and the rest of the round is for delivering.
    while (performance.now() < until && runs.size * 10 < wanted) {
      const id = random.id();
      runs.set(id, { acknowledged: false });
      const answer = await api.ask('POST', '/activeflows', { body: { id, actions: actionsOf(random) } });
      if (answer?.status === 200) runs.set(id, { acknowledged: true });
    }
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, until - performance.now())); });
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  if (receiver.faults.length > 0) throw new Error(receiver.faults[0]);
  await server.kill();
  return startServer(setting);
}

/** Some seven actions: bursts, and pauses between them. */
const actionsOf = (random: Random): readonly object[] =>
  Array.from({ length: random.int(5, 9) }, (_, i) => (random.chance(0.25)
    ? { type: 'sleep', option: { duration: random.int(1, 300) } }
    : { type: 'variable_set', option: { key: `v${i}`, value: random.id() } }));

async function faultsOf(api: Api, runs: Runs, receiver: Receiver): Promise<readonly string[]> {
  const faults = [...receiver.faults];
  for (const [id, { acknowledged }] of runs) {
    const found = await api.ask<{ result: readonly Event[] }>('GET', `/activeflows/${id}/log?page_size=1000`);
    if (found?.status !== 200) {
      if (acknowledged) faults.push(`${id} was started, and is answered with ${found?.status}`);
      continue;
    }
    faults.push(...differences(id, found.body.result.filter(({ type }) => type !== 'settled'), receiver.of.get(id) ?? []));
  }
  for (const id of receiver.of.keys()) if (!runs.has(id)) faults.push(`${id} was told of, and nobody started it`);
  return faults;
}

/** The n-th delivery of an activeflow tells its n-th event. */
export function differences(id: string, events: readonly Event[], deliveries: readonly Delivery[]): readonly string[] {
  if (events.length !== deliveries.length) return [`${id} has ${events.length} events, and ${deliveries.length} were delivered`];
  return events.flatMap(({ type, version, entered }, i) => {
    const { type: told, data } = deliveries[i] as Delivery;
    const right = told === (type === 'created' ? 'activeflow_created' : 'activeflow_updated') && data.version === version
      && (entered === undefined || data.current_action.id === entered.action.id) && (type !== 'ended' || data.status === 'ended');
    return right ? [] : [`${id}: delivery ${i} tells ${told} of version ${data.version}, and event ${i} is ${type} of version ${version}`];
  });
}
