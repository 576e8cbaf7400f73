// A line of the result, and the arithmetic of many of them.
import type { Usage } from './server.js';
import type { Machine } from './machine.js';
import type { Sample } from './load.js';

/** One line of `--json`: a kind of work, at one concurrency, in one round or as the median of all rounds. Null where it does not apply. */
export type Entry = {
  readonly work: string;
  readonly store: 'sqlite';
  readonly conc: number;
  /** What is counted: `per_s` and all that ends in `_per` are of this. Latencies are of a request. */
  readonly unit: string;
  readonly per_s: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
  /** CPU of the engine's process, all threads, in microseconds. */
  readonly engine_cpu_us_per: number | null;
  readonly disk_flushes_per: number | null;
  readonly rss_mb: number | null;
  /** The machine in the same round: fdatasync of 4 KiB appended, bare node:http. */
  readonly fdatasync_per_s: number;
  readonly fdatasync_overwrite_per_s: number;
  readonly http_post_per_s: number;
  readonly http_get_per_s: number;
  /** CPU of the bare node:http server for each POST. */
  readonly http_post_cpu_us: number;
  /** The load generator's own share of one core. */
  readonly load_cpu: number | null;
};

/** The `share`th part of sorted numbers; null of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** The median; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] ?? Number.NaN : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Which work, and what is counted: `units` of it for each request. */
export type Kind = { readonly work: string; readonly conc: number; readonly unit: string; readonly units: number };

/** The entry of one window: what was sent, what the engine used between `before` and `after`. `flushes_per_group` is 1 unless it was counted. */
export function entryOf({ work, conc, unit, units }: Kind, sample: Sample, before: Usage, after: Usage, machine: Machine, flushes_per_group: number): Entry {
  const done = sample.requests * units;
  return {
    work, store: 'sqlite', conc, unit, per_s: done / sample.seconds, ...latenciesOf(sample.latencies),
    engine_cpu_us_per: (after.cpu_us - before.cpu_us) / done, disk_flushes_per: ((after.groups - before.groups) * flushes_per_group) / done,
    rss_mb: after.rss_bytes / 1048576, ...machineOf(machine), load_cpu: sample.load_cpu_us / 1e6 / sample.seconds,
  };
}

/** The three latencies of an entry. */
export const latenciesOf = (sorted: ArrayLike<number>): Pick<Entry, 'p50_ms' | 'p99_ms' | 'max_ms'> =>
  ({ p50_ms: quantile(sorted, 0.5), p99_ms: quantile(sorted, 0.99), max_ms: sorted[sorted.length - 1] ?? null });

/** The machine as an entry shows it. */
export const machineOf = (machine: Machine): Pick<Entry, 'fdatasync_per_s' | 'fdatasync_overwrite_per_s' | 'http_post_per_s' | 'http_get_per_s' | 'http_post_cpu_us'> => ({
  fdatasync_per_s: machine.fdatasync_append_per_s, fdatasync_overwrite_per_s: machine.fdatasync_overwrite_per_s,
  http_post_per_s: machine.http_post_per_s, http_get_per_s: machine.http_get_per_s, http_post_cpu_us: machine.http_post_cpu_us,
});

/** Field by field the median of the rounds of one work; the work's own fields as they are. */
export function middleOf(rounds: readonly Entry[]): Entry {
  const [first] = rounds;
  if (!first) throw new Error('no rounds');
  const middle = (name: keyof Entry): unknown => {
    const values = rounds.map((round) => round[name]);
    return name === 'conc' || !values.every((value) => typeof value === 'number') ? first[name] : median(values);
  };
  return Object.fromEntries((Object.keys(first) as (keyof Entry)[]).map((name) => [name, middle(name)])) as Entry;
}

/** The rounds of each work and concurrency, in the order of their first. */
export function grouped(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = `${entry.work}/${entry.conc}`;
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups.values()];
}
