// Pages of lists, and live transitions, over a small table and a large one.
import type { Sizes } from '../args.js';
import { startEngine, type Engine } from '../engine.js';
import { entryOf, type Entry } from '../entry.js';
import { request } from '../flows.js';
import { openPool } from '../load.js';
import type { Machine } from '../machine.js';
import { measure } from '../measure.js';
import type { Prepared } from '../prepared.js';
import { prepareEvents } from './requests.js';

/** Two tables, each with an engine on it. */
export type Tables = readonly { readonly prepared: Prepared; readonly engine: Engine }[];

/** Starts an engine on each prepared database. */
export const openTables = (prepared: readonly Prepared[]): Promise<Tables> =>
  Promise.all(prepared.map(async (one) => ({ prepared: one, engine: await startEngine({ path: one.path }) })));

type Page = { readonly name: string; query(prepared: Prepared): Readonly<Record<string, string>> };

const shown = (at: number): string => new Date(Math.floor(at / 1000)).toISOString().replace('T', ' ').replace('Z', '000');
const deep = (depth: number): Page => ({ name: `from ${depth * 100} % down`, query: (prepared) => ({ page_token: shown(prepared.at(depth)) }) });
const filtered = (name: string, query: Page['query']): readonly Page[] => [
  { name, query },
  { name: `${name}, from 50 % down`, query: (prepared) => ({ ...query(prepared), ...deep(0.5).query(prepared) }) },
];

/** Lists whose pages are full in both tables: a page of one costs what a page of the other does. */
const FULL: readonly Page[] = [
  { name: 'first page', query: () => ({}) },
  ...[0.1, 0.5, 0.9].map(deep),
  ...filtered('status=ended', () => ({ status: 'ended' })),
  ...filtered('reference_type=api', () => ({ reference_type: 'api' })),
  ...filtered('flow_id, common', ({ common_flow }) => ({ flow_id: common_flow })),
  ...filtered('created_before', (prepared) => ({ created_before: shown(prepared.at(0.3)) })),
  ...filtered('created_after', (prepared) => ({ created_after: shown(prepared.at(0.7)) })),
  ...filtered('variable, one in three', () => ({ 'variable.language': 'de' })),
];

/** Lists of few rows: the large table has to find them among many others. */
const SPARSE: readonly Page[] = [
  { name: 'status=running', query: () => ({ status: 'running' }) },
  { name: 'reference_type=call', query: () => ({ reference_type: 'call' }) },
  { name: 'reference_type=sms', query: () => ({ reference_type: 'sms' }) },
  { name: 'reference_id, one row', query: ({ reference_id }) => ({ reference_id }) },
  { name: 'flow_id, rare', query: ({ rare_flow }) => ({ flow_id: rare_flow }) },
  { name: 'status=ended and flow_id, none', query: ({ rare_flow }) => ({ status: 'ended', flow_id: rare_flow }) },
  { name: 'status=running and reference_type=sms', query: () => ({ status: 'running', reference_type: 'sms' }) },
  { name: 'variable, one row', query: ({ account }) => ({ 'variable.account': account }) },
  { name: 'variable, none', query: () => ({ 'variable.account': 'nobody' }) },
];

/** The names of the lists whose pages are full, which are compared. */
export const FULL_LISTS: readonly string[] = FULL.map(({ name }) => name);

/** No list is asked for longer than this; a page that is being read is read to its end. */
const PATIENCE_MS = 3_000;

/** One round: each list in each table, one after the other, asked for alone. A slow list is asked for less often. */
export async function measureLists(tables: Tables, { pages }: Sizes, machine: Machine): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const page of [...FULL, ...SPARSE]) {
    for (const { prepared, engine } of tables) {
      // A new one each time: the server closes what idles while the other table is read.
      const pool = await openPool(engine.port, 1);
      const query = new URLSearchParams({ page_size: '50', ...page.query(prepared) });
      const what = request('GET', `/activeflows?${query.toString()}`);
      const ask = async (count: number, milliseconds: number) => { let left = count; return pool.run(() => (left-- > 0 ? what : undefined), milliseconds); };
      await ask(Math.ceil(pages / 10), PATIENCE_MS / 10);
      const before = await engine.usage();
      const sample = await ask(pages, PATIENCE_MS);
      pool.close();
      entries.push(entryOf({ work: `list ${show(prepared.rows)}: ${page.name}`, conc: 1, unit: 'page', units: 1 }, sample, before, await engine.usage(), machine, 1));
    }
  }
  return entries;
}

/** One round: events to the newest runs of each table. */
export async function measureTransitions(tables: Tables, { warm_ms, measure_ms }: Sizes, machine: Machine): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const { prepared, engine } of tables) {
    const next = await prepareEvents(engine, 64);
    entries.push(await measure(engine, { work: `event among ${show(prepared.rows)}`, conc: 64, unit: 'event', units: 1 }, next, { warm_ms, measure_ms, machine, flushes_per_group: 1 }));
  }
  return entries;
}

const show = (rows: number): string => rows.toLocaleString('en-US');
