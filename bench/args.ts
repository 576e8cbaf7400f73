// What was asked for on the command line.
import { parseArgs } from 'node:util';

/** The parts of the bench, by name. */
export const NAMES = ['burst', 'event', 'start', 'read', 'lists', 'transitions', 'waiting', 'growth', 'timers', 'feed', 'webhooks', 'media', 'speech', 'browser', 'messages', 'smpp', 'calls'] as const;
/** One of `NAMES`. */
export type Name = (typeof NAMES)[number];

/** How large everything is. */
export type Sizes = {
  readonly rounds: number;
  readonly warm_ms: number;
  readonly measure_ms: number;
  readonly machine_ms: number;
  /** Rows of the large table, and of the small one. */
  readonly rows: number;
  readonly few_rows: number;
  readonly pages: number;
  readonly waiting: readonly number[];
  readonly idle_ms: number;
  readonly long_step: number;
  readonly long_runs: number;
  readonly timers: number;
  readonly feed: FeedSizes;
  readonly webhooks: WebhookSizes;
  readonly media: MediaSizes;
  readonly speech: SpeechSizes;
  readonly browser: BrowserSizes;
  readonly messages: MessageSizes;
  /** Messages that leave by SMPP. */
  readonly smpp: number;
  readonly calls: CallSizes;
};

/** How large the works of the feed are: few clients that watch several activeflows each, and many, some of whom never read. */
export type FeedSizes = { readonly clients: number; readonly sockets: number; readonly deaf: number; readonly per_s: number; readonly warm_ms: number; readonly measure_ms: number };

/** How large the work of webhooks is: activeflows a second that tell each endpoint; beside the one that never answers it may be measured longer, until tries of it have run out of time. */
export type WebhookSizes = { readonly per_s: number; readonly warm_ms: number; readonly measure_ms: number; readonly beside_ms: number };

/** How large the work of sound is: so many calls at once. */
export type MediaSizes = { readonly calls: number; readonly warm_ms: number; readonly measure_ms: number };
/** How many browsers call. */
export type BrowserSizes = { readonly calls: number; readonly warm_ms: number; readonly measure_ms: number };
/** How many texts are said, and how often each of them again. */
export type SpeechSizes = { readonly texts: number; readonly again: number };

/** How many messages come in, from how many senders. */
export type MessageSizes = { readonly per_s: number; readonly senders: number; readonly measure_ms: number };

/** How many calls sipp makes, at which rate; then so many seconds each at rates that grow until one is not carried. */
export type CallSizes = { readonly calls: number; readonly rate: number; readonly rates: readonly number[]; readonly step_s: number };

/** The options of a run of the bench. */
export type Options = { readonly names: readonly Name[]; readonly json: boolean; readonly profile: boolean; readonly strace: boolean; readonly conc: readonly number[]; readonly sizes: Sizes };

const FULL: Sizes = {
  rounds: 5, warm_ms: 1_500, measure_ms: 3_000, machine_ms: 700, rows: 1_000_000, few_rows: 1_000, pages: 400, waiting: [10_000, 100_000], idle_ms: 10_000, long_step: 10_000,
  long_runs: 8, timers: 10_000, feed: { clients: 100, sockets: 5_000, deaf: 500, per_s: 1_000, warm_ms: 4_000, measure_ms: 8_000 },
  webhooks: { per_s: 25, warm_ms: 2_000, measure_ms: 8_000, beside_ms: 20_000 }, media: { calls: 200, warm_ms: 2_000, measure_ms: 10_000 }, speech: { texts: 50, again: 20 },
  browser: { calls: 50, warm_ms: 2_000, measure_ms: 10_000 }, messages: { per_s: 200, senders: 500, measure_ms: 10_000 }, smpp: 10_000,
  calls: { calls: 10_000, rate: 100, rates: [100, 150, 200, 250, 300, 400], step_s: 10 },
};
const QUICK: Sizes = {
  rounds: 1, warm_ms: 1_000, measure_ms: 1_500, machine_ms: 250, rows: 20_000, few_rows: 1_000, pages: 60, waiting: [2_000], idle_ms: 1_000, long_step: 1_000, long_runs: 4, timers: 1_000,
  feed: { clients: 100, sockets: 5_000, deaf: 500, per_s: 1_000, warm_ms: 2_000, measure_ms: 4_000 }, webhooks: { per_s: 25, warm_ms: 1_000, measure_ms: 4_000, beside_ms: 4_000 }, media: { calls: 200, warm_ms: 1_000, measure_ms: 4_000 }, speech: { texts: 20, again: 10 },
  browser: { calls: 50, warm_ms: 1_000, measure_ms: 4_000 }, messages: { per_s: 200, senders: 200, measure_ms: 4_000 }, smpp: 2_000, calls: { calls: 500, rate: 100, rates: [100, 200, 300], step_s: 4 },
};

/** How it is used. */
export const HELP = `npm run bench -- [options]
  --only a,b        of ${NAMES.join(', ')}; a name alone will do
  --rounds N        interleaved rounds (${FULL.rounds})
  --quick           one short round, small tables: a smoke, not a result
  --conc 1,64       connections at once
  --profile         where the engine's CPU goes: a profile of each work of --only, at the last --conc
  --strace          count flushes by strace, also with --quick (without: counted from group commits)
  --json            one line an entry, then one a figure`;

/** Reads the arguments. Throws, in one sentence, what is wrong with them. */
export function readOptions(given: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: [...given],
    options: {
      only: { type: 'string' }, rounds: { type: 'string' }, quick: { type: 'boolean' }, tiny: { type: 'boolean' }, json: { type: 'boolean' }, profile: { type: 'boolean' },
      strace: { type: 'boolean' }, conc: { type: 'string' }, help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const sizes = values.tiny ? tinyOf(QUICK) : values.quick ? QUICK : FULL;
  const rounds = values.rounds === undefined ? sizes.rounds : positive('--rounds', values.rounds);
  const asked = [...positionals, ...(values.only?.split(',') ?? [])];
  return {
    names: asked.length === 0 ? NAMES : asked.map(nameOf), json: values.json ?? false, profile: values.profile ?? false,
    strace: values.strace ?? (!values.quick && !values.tiny), conc: (values.conc ?? '1,64').split(',').map((text) => positive('--conc', text)), sizes: { ...sizes, rounds },
  };
}

/** For the bench's own test: everything happens, nothing is measured. */
const tinyOf = (sizes: Sizes): Sizes => ({
  ...sizes, warm_ms: 50, measure_ms: 100, machine_ms: 30, rows: 300, few_rows: 100, pages: 3, waiting: [50], idle_ms: 50, long_step: 30, long_runs: 2, timers: 20,
  feed: { clients: 10, sockets: 30, deaf: 3, per_s: 100, warm_ms: 200, measure_ms: 500 }, webhooks: { per_s: 10, warm_ms: 100, measure_ms: 500, beside_ms: 500 }, media: { calls: 4, warm_ms: 100, measure_ms: 500 }, speech: { texts: 3, again: 2 },
  browser: { calls: 2, warm_ms: 100, measure_ms: 500 }, messages: { per_s: 20, senders: 3, measure_ms: 500 }, smpp: 100, calls: { calls: 20, rate: 20, rates: [20], step_s: 1 },
});

function nameOf(text: string): Name {
  const name = NAMES.find((known) => known === text.trim());
  if (!name) throw new Error(`--only takes ${NAMES.join(', ')}; got "${text}".`);
  return name;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes whole numbers from 1; got "${text}".`);
  return value;
}
