// The browsers that are up, and what is told of each: offered, perhaps answered, ended once.
import type { HangupCause, SignalFact } from '../legs.js';
import type { WhipAnswer } from './whip.js';

/** A browser that is up. */
export type BrowserLeg = {
  readonly customer_id: string;
  /** Tells the door; undefined once it was told. */
  decide: ((answer: WhipAnswer) => void) | undefined;
  /** The answer to its offer. */
  sdp: string;
  connected: boolean;
  /** Those who asked for it to be answered and wait until it can hear us; undefined before anybody has asked. */
  answering: (() => void)[] | undefined;
};

/** How a leg ends, and what the door is told where it still waits. */
export type Ending = { readonly cause: HangupCause; readonly by: 'local' | 'remote'; readonly detail: string; readonly refusal: WhipAnswer };

/** The legs of browsers. A leg that has ended, or never was, is passed over. */
export type BrowserLegs = {
  add(leg_id: string, customer_id: string): BrowserLeg;
  get(leg_id: string): BrowserLeg | undefined;
  ids(): readonly string[];
  /** Forgets a leg of which nothing was told. */
  forget(leg_id: string): void;
  /** The door is told that the call is taken. */
  take(leg_id: string): void;
  /** Resolves when it is answered and can hear us, or has ended. */
  answer(leg_id: string): Promise<void>;
  connected(leg_id: string): void;
  end(leg_id: string, ending: Ending): void;
};

/** Keeps the legs; `closed` is called for each that ends, before its end is told. */
export function createBrowserLegs(tell: (leg_id: string, fact: SignalFact) => void, closed: (leg_id: string) => void): BrowserLegs {
  const legs = new Map<string, BrowserLeg>();
  const settle = (leg_id: string, leg: BrowserLeg): void => {
    if (!leg.connected || leg.answering === undefined) return;
    if (leg.answering.length > 0) tell(leg_id, { type: 'answered' });
    for (const done of leg.answering.splice(0)) done();
  };
  const take = (leg_id: string): void => {
    const leg = legs.get(leg_id);
    leg?.decide?.({ taken: true, call_id: leg_id, sdp: leg.sdp });
    if (leg) leg.decide = undefined;
  };
  return {
    take,
    add(leg_id, customer_id) {
      const leg: BrowserLeg = { customer_id, decide: undefined, sdp: '', connected: false, answering: undefined };
      legs.set(leg_id, leg);
      return leg;
    },
    get: (leg_id) => legs.get(leg_id),
    ids: () => [...legs.keys()],
    forget(leg_id) { legs.delete(leg_id); },
    answer(leg_id) {
      const leg = legs.get(leg_id);
      // Answered already: an empty list is left of those who waited.
      if (leg === undefined || (leg.connected && leg.answering !== undefined)) return Promise.resolve();
      take(leg_id);
      return new Promise((resolve) => { (leg.answering ??= []).push(resolve); settle(leg_id, leg); });
    },
    connected(leg_id) {
      const leg = legs.get(leg_id);
      if (leg === undefined) return;
      leg.connected = true;
      settle(leg_id, leg);
    },
    end(leg_id, { refusal, ...fact }) {
      const leg = legs.get(leg_id);
      if (leg === undefined) return;
      legs.delete(leg_id);
      closed(leg_id);
      leg.decide?.(refusal);
      tell(leg_id, { type: 'ended', ...fact });
      for (const done of leg.answering ?? []) done();
    },
  };
}
