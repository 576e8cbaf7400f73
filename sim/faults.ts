// What can go wrong, and how often. Every fault is drawn from the seed; the number of them is bounded, so that a world comes to rest.
import type { Random } from './random.js';

/** How rough a world is. */
export type Profile = {
  readonly nodes: number;
  /** Probability of a crash, and of a store that fails, before or after each write. */
  readonly crash: number;
  readonly fail: number;
  /** The bound on the two. */
  readonly most: number;
  /** The longest that a store call or a message takes, in microseconds, and how often one takes up to `slow_us`. */
  readonly latency_us: number;
  readonly slow: number;
  readonly slow_us: number;
  /** How long a crashed node stays away: at least, at most; and how likely it never comes back where another is up. */
  readonly away_us: readonly [number, number];
  readonly gone: number;
  /** Leases may be lost with the answer to a claim. */
  readonly leases: boolean;
  /** Probability that a command or report comes twice, and that its answer is lost. */
  readonly twice: number;
  readonly lost: number;
  /** At any moment: crashes, freezes longer than a lease, jumps of a node's clock; how many of each. */
  readonly crashes: number;
  readonly freezes: number;
  readonly jumps: number;
};

/** A world in which nothing goes wrong. */
export const CALM: Profile = {
  nodes: 1, crash: 0, fail: 0, most: 0, latency_us: 0, slow: 0, slow_us: 0, away_us: [1_000, 1_000], gone: 0, leases: false, twice: 0, lost: 0, crashes: 0, freezes: 0, jumps: 0,
};

/** A world whose faults only delay, by far less than anything waits: what comes of it must be what comes of the calm one. */
export const strictProfile = (random: Random): Profile => ({
  ...CALM, nodes: random.int(1, 3), crash: random.pick([0, 0.03, 0.1, 0.25]), fail: random.pick([0, 0, 0.05]), most: random.int(1, 12),
  latency_us: random.pick([0, 200, 20_000]), slow: random.pick([0, 0.05]), slow_us: 300_000, away_us: [1_000, random.pick([2_000, 200_000])],
  twice: random.pick([0, 0.2]), lost: random.pick([0, 0.1]), crashes: random.int(0, 3),
});

/** One node that only takes its time: how often an effect was put back is known to the node alone, and counts as attempts elsewhere. */
export const slowProfile = (random: Random): Profile => ({ ...CALM, latency_us: random.pick([200, 20_000]), slow: 0.05, slow_us: 300_000 });

/** A world where nodes stay away, freeze, and lose their leases and the time: what comes of it may differ, but never be wrong. */
export const wildProfile = (random: Random): Profile => ({
  ...strictProfile(random), nodes: random.int(1, 3), most: random.int(1, 20), slow_us: random.pick([2_000_000, 20_000_000]), away_us: [1_000, random.pick([1_000_000, 60_000_000])],
  gone: random.pick([0, 0.3]), leases: true, twice: random.pick([0, 0.3]), lost: random.pick([0, 0.2]), crashes: random.int(0, 4), freezes: random.int(0, 3), jumps: random.pick([0, 0, 1, 3]),
});

/** What happens to one store call. */
export type Verdict = { readonly before_us: number; readonly after_us: number; readonly end: '' | 'crash_before' | 'crash_after' | 'fail_before' | 'fail_after' };

/** Decides on each store call and each message. */
export type Faults = {
  readonly profile: Profile;
  /** `write` names what it writes; `''` for one that only reads. */
  readonly onStore: (write: string) => Verdict;
  readonly latency: () => number;
  readonly random: Random;
};

/** Faults by chance. */
export function createFaults(profile: Profile, random: Random): Faults {
  let left = profile.most;
  const latency = (): number => {
    if (profile.latency_us === 0) return 0;
    if (profile.slow > 0 && random.chance(profile.slow)) return random.int(1, profile.slow_us);
    return random.chance(0.5) ? 0 : random.int(1, profile.latency_us);
  };
  const end = (write: string): Verdict['end'] => {
    if (left === 0 || write === '') return '';
    const kind = random.chance(profile.crash) ? 'crash' : random.chance(profile.fail) ? 'fail' : '';
    if (kind === '') return '';
    left--;
    // A claim whose answer is lost delays by a whole lease, which is longer than some waits.
    if (kind === 'fail' && write === 'claim' && !profile.leases) return 'fail_before';
    return random.chance(0.5) ? `${kind}_before` : `${kind}_after`;
  };
  return {
    profile, latency, random,
    onStore: (write) => ({ before_us: latency(), after_us: latency(), end: end(write) }),
  };
}

/** The calm world but for one crash, before or after the write with this number, counted from 0. `writes` tells how many there were. */
export function crashAt(point: number, side: 'before' | 'after', random: Random, nodes: number): Faults & { readonly writes: () => number } {
  let writes = 0;
  return {
    profile: { ...CALM, nodes }, random, latency: () => 0, writes: () => writes,
    onStore: (write) => ({ before_us: 0, after_us: 0, end: write !== '' && writes++ === point ? `crash_${side}` : '' }),
  };
}
