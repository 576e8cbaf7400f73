// The order of a run: whatever is prepared is prepared once, then round after round through everything that was asked for.
import type { Name, Options } from './args.js';
import { removeDatabase } from './engine.js';
import type { Entry } from './entry.js';
import type { Value } from './figures.js';
import { requestValues } from './figures.js';
import { countFlushes, hasStrace, type Flushes } from './flushes.js';
import { measureMachine, type Machine } from './machine.js';
import { measureRequests } from './measure.js';
import { prepare } from './prepared.js';
import { browserValues, callValues, feedValues, growthValues, listValues, mediaValues, messageValues, smppValues, speechValues, timerValues, transitionValues, waitingValues, webhookValues } from './values.js';
import { feedEntries, measureFeed } from './works/feed.js';
import { grow, measureGrowth } from './works/growth.js';
import { measureLists, measureTransitions, openTables } from './works/lists.js';
import { callEntries, hasSipp, measureCalls } from './works/calls.js';
import { browserEntries, measureBrowser } from './works/browser.js';
import { measureMedia, mediaEntries } from './works/media.js';
import { measureMessages, messageEntries } from './works/messages.js';
import { REQUEST_WORKS } from './works/requests.js';
import { measureSmpp, smppEntries } from './works/smpp.js';
import { measureSpeech, speechEntries } from './works/speech.js';
import { measureTimers, timersEntry } from './works/timers.js';
import { measureWaiting, waitingEntries } from './works/waiting.js';
import { measureWebhooks, webhookEntries } from './works/webhooks.js';

/** Everything measured. `flushes` says how flushes were counted. */
export type Measured = { readonly entries: readonly Entry[]; readonly values: readonly Value[]; readonly flushes: string };

/** What one round of one part gave. */
type Given = { readonly entries: readonly Entry[]; readonly values: readonly Value[] };

/** A part of the bench, ready for its rounds. */
type Part = { readonly name: string; readonly rounds: number; round(machine: Machine): Promise<Given>; close?(): Promise<void> };

/** Runs all that was asked for. `note` is told where it is. */
export async function runRounds(options: Options, note: (text: string) => void): Promise<Measured> {
  const counted = await countAll(options, note);
  const entries: Entry[] = [];
  const values: Value[] = [];
  const run = async (parts: readonly Part[]): Promise<void> => {
    try {
      for (let round = 1; round <= Math.max(0, ...parts.map(({ rounds }) => rounds)); round++) {
        const machine = await measureMachine(options.sizes.machine_ms);
        for (const part of parts.filter(({ rounds }) => round <= rounds)) {
          note(`${part.name}, round ${round} of ${part.rounds}`);
          const given = await part.round(machine);
          entries.push(...given.entries);
          values.push(...given.values);
        }
      }
    } finally {
      for (const part of parts) await part.close?.();
    }
  };
  // One after the other, so that the engines of one part do not idle through another's rounds.
  await run(requestParts(options, counted));
  if (options.names.includes('growth')) await run([await growthPart(options, note)]);
  if (options.names.includes('timers')) await run([timersPart(options)]);
  if (options.names.includes('feed')) await run([feedPart(options)]);
  if (options.names.includes('webhooks')) await run([webhooksPart(options)]);
  if (options.names.includes('media')) await run([mediaPart(options)]);
  if (options.names.includes('speech')) await run([speechPart(options)]);
  if (options.names.includes('browser')) await run([browserPart(options)]);
  if (options.names.includes('messages')) await run([messagesPart(options)]);
  if (options.names.includes('smpp')) await run([smppPart(options)]);
  if (options.names.includes('calls')) await run(callsParts(options, note));
  if (options.names.includes('waiting')) await run(options.sizes.waiting.map((runs) => waitingPart(runs, options)));
  if (options.names.includes('lists') || options.names.includes('transitions')) await run(await tableParts(options, note));
  return { entries, values: [...values], flushes: describe(counted) };
}

type Counted = ReadonlyMap<Name, Flushes>;

/** Flushes for each group commit, by work; none where strace is absent or not wanted. */
async function countAll({ names, strace, sizes }: Options, note: (text: string) => void): Promise<Counted> {
  if (!strace || !hasStrace()) return new Map();
  const counted = new Map<Name, Flushes>();
  for (const work of REQUEST_WORKS.filter(({ work: name }) => name !== 'read' && names.includes(name))) {
    note(`counting the flushes of ${work.work}`);
    counted.set(work.work, await countFlushes(work, work.work === 'event' ? 1 : 64, sizes.measure_ms));
  }
  return counted;
}

const describe = (counted: Counted): string => (counted.size === 0
  ? 'flushes: group commits, counted by the engine; one flush each (not verified by strace in this run)'
  : `flushes: group commits, counted by the engine, times the fdatasync and fsync calls of each, counted by strace: ${[...counted].map(([work, { per_group }]) => `${work} ${per_group.toFixed(3)}`).join(', ')}`);

const requestParts = (options: Options, counted: Counted): readonly Part[] => REQUEST_WORKS.filter(({ work }) => options.names.includes(work)).map((work) => ({
  name: work.work, rounds: options.sizes.rounds,
  async round(machine) {
    const entries = await measureRequests(work, options, machine, counted.get(work.work)?.per_group ?? 1);
    return { entries, values: requestValues(entries) };
  },
}));

async function growthPart({ sizes }: Options, note: (text: string) => void): Promise<Part> {
  note(`growth: ${sizes.long_runs} runs of ${sizes.long_step} steps`);
  const grown = await grow(sizes);
  return {
    name: 'growth', rounds: sizes.rounds, close: () => grown.close(),
    async round(machine) {
      const entries = await measureGrowth(grown, sizes, machine);
      return { entries, values: growthValues(entries, sizes.long_step) };
    },
  };
}

const timersPart = ({ sizes }: Options): Part => ({
  name: 'timers', rounds: sizes.rounds,
  async round(machine) {
    const lateness = await measureTimers(sizes);
    return { entries: [timersEntry(lateness, machine)], values: timerValues(lateness) };
  },
});

const feedPart = ({ sizes }: Options): Part => ({
  name: 'feed', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureFeed(sizes.feed);
    return { entries: feedEntries(measured, sizes.feed, machine), values: feedValues(measured) };
  },
});

const webhooksPart = ({ sizes }: Options): Part => ({
  name: 'webhooks', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureWebhooks(sizes.webhooks);
    return { entries: webhookEntries(measured, sizes.webhooks, machine), values: webhookValues(measured) };
  },
});

const speechPart = ({ sizes }: Options): Part => ({
  name: 'speech', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureSpeech(sizes.speech);
    return { entries: speechEntries(measured, machine), values: speechValues(measured) };
  },
});

const mediaPart = ({ sizes }: Options): Part => ({
  name: 'media', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureMedia(sizes.media);
    return { entries: mediaEntries(measured, sizes.media, machine), values: mediaValues(measured) };
  },
});

const browserPart = ({ sizes }: Options): Part => ({
  name: 'browser', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureBrowser(sizes.browser);
    return { entries: browserEntries(measured, sizes.browser, machine), values: browserValues(measured) };
  },
});

const messagesPart = ({ sizes }: Options): Part => ({
  name: 'messages', rounds: sizes.rounds,
  async round(machine) {
    const measured = await measureMessages(sizes.messages);
    return { entries: messageEntries(measured, machine), values: messageValues(measured) };
  },
});

const smppPart = ({ sizes }: Options): Part => ({
  name: 'smpp', rounds: Math.min(2, sizes.rounds),
  async round(machine) {
    const measured = await measureSmpp(sizes.smpp);
    return { entries: smppEntries(measured, machine), values: smppValues(measured) };
  },
});

/** Once, because it takes minutes. */
function callsParts({ sizes }: Options, note: (text: string) => void): readonly Part[] {
  if (!hasSipp()) {
    note('calls: left out, since sipp is not on this machine (apt-get install sip-tester)');
    return [];
  }
  return [{
    name: 'calls', rounds: 1,
    async round(machine) {
      const measured = await measureCalls(sizes.calls);
      return { entries: callEntries(measured, sizes.calls, machine), values: callValues(measured) };
    },
  }];
}

/** Once, because it takes long and hardly moves. */
const waitingPart = (runs: number, { sizes }: Options): Part => ({
  name: `${runs} waiting runs`, rounds: 1,
  async round(machine) {
    const waiting = await measureWaiting(runs, sizes);
    return { entries: waitingEntries(waiting, machine), values: runs === Math.max(...sizes.waiting) ? waitingValues(waiting) : [] };
  },
});

async function tableParts({ names, sizes }: Options, note: (text: string) => void): Promise<readonly Part[]> {
  const prepared = [];
  for (const rows of [sizes.few_rows, sizes.rows]) {
    note(`a table of ${rows.toLocaleString('en-US')} activeflows`);
    prepared.push(await prepare(`table-${rows}`, rows));
  }
  const tables = await openTables(prepared);
  const parts: readonly Part[] = [
    { name: 'lists', rounds: sizes.rounds, async round(machine) { const entries = await measureLists(tables, sizes, machine); return { entries, values: listValues(entries) }; } },
    { name: 'transitions', rounds: sizes.rounds, async round(machine) { const entries = await measureTransitions(tables, sizes, machine); return { entries, values: transitionValues(entries) }; } },
  ];
  const asked = parts.filter(({ name }) => names.some((known) => known === name));
  const close = async (): Promise<void> => {
    for (const { engine, prepared: { path } } of tables) { await engine.close(); removeDatabase(path); }
  };
  return asked.map((part, i) => (i === 0 ? { ...part, close } : part));
}
