// Finds what is due: effects for their drivers, deadlines for a command. One timer for the earliest; nothing else waits in memory.
import type { Instant } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { Driver } from '../driver/driver.js';
import type { Log } from '../log.js';
import type { Change, Store } from '../store/store.js';
import type { Committer } from './committer.js';
import { createPerformer, LEASE_MS, PAUSE_MS, type Performer } from './performer.js';
import type { Runner } from './runner.js';

/** Performs effects and deadlines until it is stopped. */
export type Dispatcher = {
  /** Takes up what a crash left, and begins. */
  start(): Promise<void>;
  /** Something was committed: what it made due is looked at now, or the timer is set for it. */
  committed(change: Change): void;
  /** Stops claiming, and waits for what is being performed, at most `grace_ms`. */
  stop(grace_ms: number): Promise<void>;
  readonly stats: Performer['stats'];
};

/** What a dispatcher is made of. */
export type DispatcherParts = {
  readonly store: Store; readonly runner: Runner; readonly committer: Committer; readonly clock: Clock; readonly drivers: readonly Driver[]; readonly log: Log;
};

/** Deadlines in one look. */
const MOST_DEADLINES = 512;
/** How often leases are renewed, and other nodes' work is looked for that nobody announces here. */
const ROUND_MS = LEASE_MS / 3;

/** Makes the dispatcher of a runner. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { store, clock, log } = parts;
  const looker = createLooker(parts);
  let stopRounds = (): void => { /* not begun */ };
  const round = (): void => {
    looker.performer.renew();
    looker.look();
    roundLater();
  };
  const roundLater = (): void => { stopRounds = clock.at(clock.now() + ROUND_MS * 1000, round); };
  return {
    stats: looker.performer.stats,
    async start() {
      const left = await store.recover(clock.now());
      if (left > 0) log.info({ effects: left }, 'taking up what was being performed');
      looker.begin();
      roundLater();
      looker.look();
    },
    committed(change) {
      const dues = [change.activeflow?.due_at ?? null, ...(change.effects ?? []).map(({ due_at }) => due_at)].filter((at) => at !== null);
      if (change.queued || change.again || (change.activeflow && (change.activeflow.effects.length > 0 || change.activeflow.cancels.length > 0))) dues.push(clock.now());
      const soonest = Math.min(...dues);
      if (dues.length > 0 && soonest <= clock.now()) looker.look();
      else if (dues.length > 0) looker.arm(soonest);
    },
    async stop(grace_ms) {
      stopRounds();
      looker.stop();
      await looker.performer.stop(grace_ms);
    },
  };
}

type Looker = {
  readonly performer: Performer; readonly look: () => void; readonly begin: () => void; readonly stop: () => void;
  /** Looks at an instant, unless it will before. */
  readonly arm: (at: Instant) => void;
};

/** What looks for work: at once where it is told to, and else when the next is due. */
function createLooker(parts: DispatcherParts): Looker {
  const { store, clock, log } = parts;
  let running = false;
  let looking = false;
  let again = false;
  let armed: { readonly at: Instant; readonly cancel: () => void } | undefined;

  /** Looks for what is due, until there is nothing; then sleeps until the next. */
  const lookAround = async (): Promise<void> => {
    if (looking || !running) { again = true; return; }
    looking = true;
    try {
      do {
        again = false;
        const now = clock.now();
        const moved = (await deadlines(parts, now)) + (await effects(now));
        if (moved > 0) again = true;
        // What is committed while it asks when to wake is looked at before it sleeps.
        else if (!isAskedAgain()) await sleep(now);
      } while (isAskedAgain() && running);
    } catch (error) {
      log.error({ err: error }, 'the dispatcher could not look for work; it tries again');
      arm(clock.now() + PAUSE_MS * 1000);
    } finally {
      looking = false;
    }
  };
  const isAskedAgain = (): boolean => again;
  const look = (): void => { void lookAround(); };
  const performer = createPerformer({ ...parts, freed: look });

  const sleep = async (looked_at: Instant): Promise<void> => {
    const next = await store.nextDue(performer.laneRoom);
    if (next === null) return;
    // Due at the look and yet not taken: the bound is reached, or something is stuck. Its end, or a pause, leads to the next look.
    arm(next <= looked_at ? looked_at + PAUSE_MS * 1000 : next);
  };

  const arm = (at: Instant): void => {
    if (!running || (armed && armed.at <= at)) return;
    armed?.cancel();
    const timer = { at, cancel: clock.at(at, () => { if (armed === timer) armed = undefined; look(); }) };
    armed = timer;
  };

  const effects = async (now: Instant): Promise<number> => {
    const until = now + LEASE_MS * 1000;
    const limit = performer.room();
    const asked = limit > 0 ? await store.claim({ now, until, limit }) : [];
    for (const effect of asked) performer.begin(effect);
    const queued = await store.claimQueued({ now, until, limit: performer.queuedRoom(), room: performer.laneRoom });
    for (const effect of queued) performer.begin(effect);
    return asked.length + queued.length;
  };

  return {
    performer, look, arm,
    begin: () => { running = true; },
    stop: () => { running = false; armed?.cancel(); },
  };
}

/** Handles the deadlines that have come; gives how many of them moved something. */
async function deadlines({ store, runner, log }: DispatcherParts, now: Instant): Promise<number> {
  const ids = await store.due(now, MOST_DEADLINES);
  const moved = await Promise.all(ids.map(async (id) => {
    try {
      const handled = await runner.handle(id, { type: 'due' }, { cause: { by: 'timer' } });
      return handled?.outcome === 'changed';
    } catch (error) {
      // It stands alone: the others, and all effects, go on.
      log.error({ err: error, activeflow_id: id }, 'a deadline could not be handled; it is tried again');
      return false;
    }
  }));
  const stuck = moved.filter((one) => !one).length;
  if (stuck > 0) log.warn({ stuck }, 'activeflows were due and did not move');
  return ids.length - stuck;
}
