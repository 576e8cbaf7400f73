// Rounds of load and `kill -9` on one file, and what must hold after each restart and in the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '../random.js';
import { createApi } from './api.js';
import { createBook, emptyTally, type Book } from './book.js';
import { checkAll, checkTouched } from './check.js';
import { randomActions } from './flows.js';
import { openLedger, type Ledger } from './ledger.js';
import { runClients, start } from './load.js';
import { runDoctor, startInVain, startServer, type Server, type ServerSetting } from './process.js';

/** How many rounds, of which seed, and where to say how they went. The seed decides what is asked for; what meets what, the machine does. */
export type KillSetting = { readonly rounds: number; readonly seed: number; readonly say: (line: string) => void };

/** What came of it. */
export type KillResult = {
  readonly violations: readonly string[]; readonly acknowledged: number; readonly kills: number; readonly activeflows: number; readonly keys: number; readonly copies: number;
};

type World = { readonly setting: ServerSetting; readonly book: Book; readonly random: Random; readonly ledger: Ledger; readonly flows: string[]; server: Server; kills: number };

const CLIENTS = 12;
/** How long after the last restart everything may still run: the longest flow, and retries. */
const PATIENCE_MS = 300_000;

/** Runs the rounds. The file is kept where something was violated. */
export async function runKills({ rounds, seed, say }: KillSetting): Promise<KillResult> {
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-kill-'));
  const setting = { store: join(folder, 'activeflow.db'), access_key: `af_${random.id().replaceAll('-', '')}KillTest` };
  const ledger = await openLedger(random.fork('ledger'));
  const world: World = { setting, book: createBook(), random, ledger, flows: [], server: await startServer(setting), kills: 0 };
  const { book } = world;
  try {
    await makeFlows(world);
    let acknowledged = 0;
    for (let round = 1; round <= rounds; round++) {
      const line = await runRound(world);
      acknowledged += book.tally.acknowledged;
      say(`round ${round}: ${line}, ${book.violations.length} violations so far`);
    }
    // Beside the server, while activeflows are still running in it, and when all is over.
    await examined(world);
    await allEnded(world);
    const seen = await checkAll(createApi(world.server.url, setting.access_key), book, ledger);
    await examined(world);
    return { violations: book.violations, acknowledged, kills: world.kills, ...seen };
  } finally {
    await world.server.end();
    await ledger.close();
    if (book.violations.length === 0) rmSync(folder, { recursive: true, force: true });
    else say(`the file is kept: ${setting.store}`);
  }
}

async function makeFlows({ server, setting, random, ledger, flows }: World): Promise<void> {
  const api = createApi(server.url, setting.access_key);
  for (let i = 0; i < 5; i++) {
    const answer = await api.ask<{ id: string }>('POST', '/flows', { body: { name: `flow ${i}`, actions: randomActions(random, ledger.url) } });
    if (answer?.status !== 200) throw new Error(`a flow was not made: ${JSON.stringify(answer)}`);
    flows.push(answer.body.id);
  }
}

/** Load, a kill in the middle of it, sometimes another while it starts again, and a look at everything that was touched. */
async function runRound(world: World): Promise<string> {
  const { setting, book, random, ledger, flows } = world;
  book.tally = emptyTally();
  const after_ms = random.int(50, 2_000);
  let halted = false;
  const api = createApi(world.server.url, setting.access_key);
  const clients = runClients({ api, book, random, ledger_url: ledger.url, flows, halted: () => halted }, CLIENTS);
  await new Promise((resolve) => { setTimeout(resolve, after_ms); });
  halted = true;
  await killed(world);
  await clients;
  const in_vain = random.chance(0.25);
  if (in_vain) {
    await startInVain(setting, random.int(0, Math.ceil(world.server.started_ms * 1.2)));
    world.kills++;
  }
  world.server = await startServer(setting);
  await checkRound(world);
  const { acknowledged, unanswered, starts, sets, continues, stops, deletes } = book.tally;
  return `killed after ${after_ms} ms${in_vain ? ', again while starting' : ''}, up in ${Math.round(world.server.started_ms)} ms; acknowledged ${acknowledged} (`
    + `${starts} starts, ${sets} sets, ${continues} continues, ${stops} stops, ${deletes} deletes), unanswered ${unanswered}`;
}

async function killed(world: World): Promise<void> {
  await world.server.kill();
  world.kills++;
}

async function checkRound({ server, setting, book }: World): Promise<void> {
  const api = createApi(server.url, setting.access_key);
  // Whoever got no answer asks again, with the same id or key.
  for (const run of book.touched) if (!run.started && !(await start({ api, book }, run))) book.violations.push(`${run.name}: no answer after the restart`);
  await checkTouched(api, book);
}

/** What `activeflow doctor` says, which looks at the file itself. */
async function examined({ setting, book }: World): Promise<void> {
  const { code, said } = await runDoctor(setting);
  if (code !== 0) book.violations.push(`the doctor ends with ${code}: ${said.slice(0, 1_000)}`);
}

/** Waits until nothing runs and nothing is left to be sent, or patience ends; what then still does, the check finds. */
export async function allEnded({ server }: { readonly server: Server }): Promise<void> {
  // One look at both: between two, the end of a run may start another.
  const nothing = [/^activeflow_activeflows_running 0$/m, /^activeflow_effects_due 0$/m];
  for (const began = performance.now(); performance.now() - began < PATIENCE_MS;) {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (nothing.every((line) => line.test(metrics))) return;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}
