// Minutes a day: what is refused, what is cut, and what a start remembers.
import { beforeEach, describe, expect, test } from 'vitest';
import { virtualClock, type VirtualClock } from '../clock.js';
import type { Originate, SignalFact, Signalling } from './legs.js';
import { withMinutes } from './minutes.js';

const NOON = Date.parse('2026-03-01T12:00:00Z') * 1000;
const DAY_MS = 86_400_000;

describe('minutes a day', () => {
  let clock: VirtualClock;
  let said: string[];
  let tell: (leg_id: string, fact: SignalFact) => void;
  let spent: number;
  let line: Signalling;
  const nothing = async (): Promise<void> => undefined;

  /** A far end that answers at once, unless in doubt, and hangs up when told to. */
  const open = (most: number): Signalling => {
    const far: Signalling = {
      name: 'far', start: nothing, reaches: async () => true, ring: nothing, answer: nothing, reject: nothing, close: nothing, listen: (listener) => { tell = listener; },
      async originate({ leg_id }) { said.push(`dial ${leg_id}`); if (!leg_id.endsWith('?')) tell(leg_id, { type: 'answered' }); },
      async hangup(leg_id, cause) { said.push(`hangup ${leg_id} ${cause}`); ended(leg_id); },
    };
    const bounded = withMinutes(far, { clock, most, spent: async (customer_id, since) => (customer_id === 'a' && since === NOON - DAY_MS * 500 ? spent * 60_000_000 : 0) });
    bounded.listen(() => undefined);
    return bounded;
  };
  const ended = (leg_id: string) => { tell(leg_id, { type: 'ended', cause: 'normal', by: 'remote', detail: '' }); };
  const dial = (leg_id: string, customer_id = 'a', type = 'tel') =>
    line.originate({ leg_id, customer_id, source: {} as Originate['source'], destination: { type, target: '+4930', target_name: '', name: '', detail: '' }, anonymous: false, timeout_ms: 1 });
  const minutes = (count: number) => { clock.advance(count * 60_000); };
  beforeEach(() => { clock = virtualClock(NOON); said = []; spent = 0; line = open(10); });

  test('are used up by talking, one call after the other; then nobody outside is dialled', async () => {
    await dial('1');
    minutes(6);
    ended('1');
    minutes(60);
    await dial('2');
    minutes(3);
    ended('2');
    await dial('3');
    minutes(1);
    expect(said).toEqual(['dial 1', 'dial 2', 'dial 3', 'hangup 3 timeout']);
    await expect(dial('4')).rejects.toMatchObject({ reason: 'OUTBOUND_MINUTES' });
    await dial('5', 'a', 'extension');
    await dial('6', 'b');
    expect(said.slice(4)).toEqual(['dial 5', 'dial 6']);
  });

  test('two who talk at once use them up in half the time', async () => {
    await dial('1');
    await dial('2');
    minutes(4.9);
    expect(said).toHaveLength(2);
    minutes(0.1);
    expect(said.slice(2)).toEqual(['hangup 1 timeout', 'hangup 2 timeout']);
  });

  test('begin anew at midnight, for those who talk over it, too', async () => {
    await dial('1');
    minutes(9);
    ended('1');
    clock.set(NOON + DAY_MS * 500 - 1_000_000);
    await dial('2');
    minutes(9.9);
    expect(said).toEqual(['dial 1', 'dial 2']);
    minutes(1);
    expect(said.slice(2)).toEqual(['hangup 2 timeout']);
  });

  test('are remembered over a start', async () => {
    spent = 9;
    await dial('1');
    minutes(1);
    expect(said).toEqual(['dial 1', 'hangup 1 timeout']);
    spent = 10;
    line = open(10);
    await expect(dial('2')).rejects.toMatchObject({ reason: 'OUTBOUND_MINUTES' });
  });

  test('a call that is not answered costs nothing; 0 is no bound', async () => {
    await dial('1?');
    minutes(600);
    ended('1?');
    await dial('2');
    ended('2');
    expect(said).toEqual(['dial 1?', 'dial 2']);
    line = open(0);
    await dial('3');
    minutes(10_000);
    expect(said).toEqual(['dial 1?', 'dial 2', 'dial 3']);
  });
});
