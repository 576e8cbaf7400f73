// The projection gives what folding the whole log gives, whoever asks in whichever order, and reads no more than it needs.
import { fold, type Event } from '@activeflow/engine';
import { describe, expect, it } from 'vitest';
import { openMemory } from '../store/memory.js';
import { advanced, inserted, sampleState } from '../store/sample.js';
import { createProjection } from './projection.js';
import { MOST_RECENT } from './recent.js';

const EVENTS = 400;

async function open() {
  const store = openMemory();
  let state = sampleState('a');
  await store.commit([{ activeflow: inserted(state) }]);
  while (state.events < EVENTS) {
    const write = advanced(state, {}, {}, Math.min(7, EVENTS - state.events));
    // What the samples set beside their events is no part of the fold.
    const events = write.events.map((event): Event => event);
    state = { ...fold([...(await store.events('a', -1, EVENTS)), ...events])!, tm_update: write.state.tm_update };
    await store.commit([{ activeflow: { ...write, state, events } }]);
  }
  const log = await store.events('a', -1, EVENTS);
  let read = 0;
  const counted = { ...store, events: async (...asked: Parameters<typeof store.events>) => { const found = await store.events(...asked); read += found.length; return found; } };
  const projection = createProjection(counted, (id) => store.load(id));
  const expected = (n: number) => ({ state: fold(log.slice(0, n + 1)), moves: log.slice(0, n + 1).filter(({ type }) => type === 'moved').slice(-MOST_RECENT) });
  const after = async (n: number, reader = 'one') => { const found = await projection.after('a', n, reader); return found && { state: found.state, moves: found.moves }; };
  return { after, expected, projection, readCount: () => read };
}

describe('the projection', () => {
  it('is the fold of the log, one event after the other, and reads each once', async () => {
    const { after, expected, readCount } = await open();
    for (let n = 0; n < EVENTS; n++) expect(await after(n)).toEqual(expected(n));
    expect(readCount()).toBe(EVENTS);
  });

  it('is the same for whoever jumps, goes back, or is another', async () => {
    const { after, expected } = await open();
    for (const [n, reader] of [[300, 'one'], [12, 'two'], [5, 'one'], [13, 'two'], [399, 'two'], [0, 'two'], [6, 'one'], [250, 'three'], [399, 'one']] as const) {
      expect(await after(n, reader)).toEqual(expected(n));
    }
  });

  it('reads no log for the newest event', async () => {
    const { after, expected, readCount } = await open();
    expect(await after(EVENTS - 1)).toEqual(expected(EVENTS - 1));
    expect(readCount()).toBe(0);
  });

  it('gives nothing where there is no such event', async () => {
    const { after, projection } = await open();
    expect([await after(EVENTS), await projection.after('none', 0, 'one')]).toEqual([undefined, undefined]);
    expect(await after(3)).toBeDefined();
    expect(await after(EVENTS)).toBeUndefined();
  });
});
