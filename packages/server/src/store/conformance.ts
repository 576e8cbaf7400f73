// What every store promises, as one suite: give it a way to open a store, and its tests appear.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExpectStatic, TestAPI } from 'vitest';
import { commitTests } from './conformance.commit.js';
import { documentTests } from './conformance.documents.js';
import { effectTests } from './conformance.effects.js';
import { listTests } from './conformance.lists.js';
import { queuedTests } from './conformance.queued.js';
import { advanced, AT, inserted, picture, sampleAction, sampleDocument, sampleEffect, sampleState } from './sample.js';
import type { Store } from './store.js';

/** What a part of the suite works with: the store is a fresh one in each test. */
export type Suite = { readonly it: TestAPI; readonly expect: ExpectStatic; readonly store: () => Store };

/** Registers the tests of a store. `open` gives an empty one; `reopen`, where it outlives the process, closes one and opens what it left. */
export function storeConformance(name: string, open: () => Promise<Store>, reopen?: (store: Store) => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => { store = await open(); });
    afterEach(async () => { await store.close(); });
    const suite: Suite = { it, expect, store: () => store };
    describe('commits', () => { commitTests(suite); });
    describe('effects', () => { effectTests(suite); });
    describe('queued effects', () => { queuedTests(suite); });
    describe('lists', () => { listTests(suite); });
    describe('documents', () => { documentTests(suite); });
    if (reopen) reopened(suite, async () => { store = await reopen(store); });
  });
}

function reopened({ it, expect, store }: Suite, reopen: () => Promise<void>): void {
  it('keeps everything when it is closed and opened again', async () => {
    const state = sampleState('a', { variables: { [`__proto__`]: 'kept', lone: '\ud800' } });
    const effects = [sampleEffect('a', 0), sampleEffect('a', 1)];
    await store().commit([{ activeflow: inserted(state, { effects, lists: [{ id: 'list', actions: [sampleAction('x')] }] }) }]);
    await store().claim({ now: AT, until: AT + 1, limit: 1 });
    await store().commit([
      { activeflow: advanced(state), documents: [sampleDocument('call', 'c', { key: 'k', parent: 'p' })] },
      { effects: [{ id: 'a:1:1', status: 'dead', due_at: null, result: { ok: false, reason: 'R', message: 'm' }, error: 'm', at: AT + 5 }] },
    ]);
    const before = await picture(store(), ['call'], ['list']);
    await reopen();
    expect(await picture(store(), ['call'], ['list'])).toEqual(before);
    expect(await store().commit([{ activeflow: advanced(advanced(state).state) }])).toEqual(['ok']);
    expect((await store().feed(2, 10)).map(({ seq }) => seq)).toEqual([3]);
  });
}
