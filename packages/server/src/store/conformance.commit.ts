// Commits: compare-and-set, whole or not at all, one failure alone, the order of events.
import type { State } from '@activeflow/engine';
import type { Suite } from './conformance.js';
import { advanced, AT, inserted, picture, sampleAction, sampleDocument, sampleEffect, sampleState } from './sample.js';
import type { Change } from './store.js';

const LIST = { id: 'list', actions: [sampleAction('x')] };

/** The tests of `commit`, `load`, `list`, `events`, `moves` and `feed`. */
export function commitTests(suite: Suite): void {
  compareAndSet(suite);
  atomicity(suite);
  failures(suite);
  order(suite);
  roundTrip(suite);
}

/** Commits a change that must be refused, and compares everything before and after. */
const refusedWhole = async ({ store, expect }: Suite, change: Change): Promise<void> => {
  const before = await picture(store(), ['call', 'flow'], ['list', 'other']);
  expect(await store().commit([change])).toEqual(['conflict']);
  expect(await picture(store(), ['call', 'flow'], ['list', 'other'])).toEqual(before);
};

function compareAndSet(suite: Suite): void {
  const { it, expect, store } = suite;
  const full = { effects: [sampleEffect('a', 7)], cancels: ['a:1:0'], lists: [LIST] };

  it('refuses a stale write, and nothing of it remains: events, effects, cancels, lists', async () => {
    const state = sampleState('a');
    await store().commit([{ activeflow: inserted(state, { effects: [sampleEffect('a')] }) }, { activeflow: advanced(state) }]);
    await refusedWhole(suite, { activeflow: advanced(state, { variables: { stale: 'yes' } }, full), lists: [{ id: 'other', actions: [] }] });
  });

  it('refuses to insert a taken id', async () => {
    await store().commit([{ activeflow: inserted(sampleState('a'), { effects: [sampleEffect('a')] }) }]);
    await refusedWhole(suite, { activeflow: inserted(sampleState('a', { name: 'other' }), full) });
  });

  it('refuses to write what was never inserted', async () => {
    await refusedWhole(suite, { activeflow: advanced(sampleState('a'), {}, full) });
  });

  it('lets one of two writers on the same version win, also within a group', async () => {
    const state = sampleState('a');
    await store().commit([{ activeflow: inserted(state) }]);
    const [one, two] = [advanced(state, { name: 'one' }), advanced(state, { name: 'two' })];
    expect(await store().commit([{ activeflow: one }, { activeflow: two }, { activeflow: advanced(one.state) }])).toEqual(['ok', 'conflict', 'ok']);
    expect(await store().load('a')).toMatchObject({ name: 'one', version: 3 });
  });
}

function atomicity(suite: Suite): void {
  const { it, expect, store } = suite;
  const state = sampleState('a');
  const write = advanced(state, {}, { effects: [sampleEffect('a', 1)], lists: [LIST] });
  const done = { id: 'a:1:0', status: 'done', due_at: null, at: AT } as const;
  const begin = async () => {
    await store().commit([{ activeflow: inserted(state, { effects: [sampleEffect('a')] }), documents: [sampleDocument('call', 'c')], lists: [{ id: 'first', actions: [] }] }]);
  };

  it('refuses all of a change where a document is stale', async () => {
    await begin();
    const fresh = sampleDocument('flow', 'f');
    await refusedWhole(suite, { activeflow: write, effects: [done], documents: [fresh, sampleDocument('call', 'c')], lists: [{ id: 'other', actions: [] }] });
    await refusedWhole(suite, { documents: [sampleDocument('call', 'c', { version: 2 }), sampleDocument('flow', 'f', { version: 2 })] });
    await refusedWhole(suite, { documents: [sampleDocument('call', 'c', { version: 3 })], lists: [LIST] });
  });

  it('refuses all of a change where an effect is', async () => {
    await begin();
    await refusedWhole(suite, { activeflow: write, effects: [done, { ...done, id: 'a:1:9' }], documents: [sampleDocument('flow', 'f')] });
    await refusedWhole(suite, { activeflow: write, effects: [{ ...done, attempt: 3 }] });
  });

  it('refuses all of a change where the activeflow is', async () => {
    await begin();
    const stale = { ...write, expected_version: 9 };
    await refusedWhole(suite, { activeflow: stale, effects: [done] });
    await refusedWhole(suite, { activeflow: stale, effects: [done], documents: [sampleDocument('call', 'c', { version: 2 })], lists: [LIST] });
  });

  it('writes all of a change where nothing is', async () => {
    await begin();
    expect(await store().commit([{ activeflow: write, effects: [done], documents: [sampleDocument('call', 'c', { version: 2 })], lists: [{ id: 'other', actions: [] }] }]))
      .toEqual(['ok']);
    expect(await store().load('a')).toEqual(write.state);
    expect((await store().effects('a')).map(({ id, status }) => [id, status])).toEqual([['a:1:0', 'done'], ['a:1:1', 'pending']]);
    expect(await store().document('call', 'c')).toMatchObject({ version: 2 });
    expect([await store().list('list'), await store().list('other'), await store().list('none')]).toEqual([LIST.actions, [], undefined]);
  });

  it('keeps a list as it was first stored', async () => {
    await begin();
    await store().commit([{ activeflow: advanced(state, {}, { lists: [{ id: 'first', actions: [sampleAction('later')] }] }) }]);
    expect(await store().list('first')).toEqual([]);
  });
}

function failures({ it, expect, store }: Suite): void {
  it('lets a change fail alone, whole, and with an error', async () => {
    const [a, b] = [sampleState('a'), sampleState('b')];
    await store().commit([{ activeflow: inserted(a) }, { activeflow: inserted(b, { effects: [sampleEffect('b')] }) }]);
    const again = advanced(b, {}, { events: inserted(b).events, effects: [sampleEffect('b', 1)], cancels: ['b:1:0'], lists: [LIST] });
    const twice = advanced(b, {}, { effects: [sampleEffect('b', 0)] });
    const results = await store().commit([
      { activeflow: advanced(a) }, { activeflow: again, documents: [sampleDocument('call', 'c')] }, { activeflow: twice }, { activeflow: advanced(a) },
      { activeflow: inserted(sampleState('c')) },
    ]);
    expect(results).toEqual(['ok', expect.any(Error), expect.any(Error), 'conflict', 'ok']);
    expect([await store().load('a'), await store().load('b')]).toMatchObject([{ version: 2 }, { version: 1 }]);
    expect(await store().events('b', -1, 10)).toHaveLength(1);
    expect(await store().effects('b')).toMatchObject([{ id: 'b:1:0', status: 'pending' }]);
    expect([await store().list('list'), await store().document('call', 'c')]).toEqual([undefined, undefined]);
    expect((await store().feed(0, 10)).map((entry) => [entry.seq, entry.event && entry.activeflow_id])).toEqual([[1, 'a'], [2, 'b'], [3, 'a'], [4, 'c']]);
  });
}

function order({ it, expect, store }: Suite): void {
  it('gives the events of one activeflow in order, from any number on', async () => {
    const state = sampleState('a');
    const written = [inserted(state), advanced(state, {}, {}, 12)];
    await store().commit([...written.map((activeflow) => ({ activeflow })), { activeflow: inserted(sampleState('b')) }]);
    expect(await store().events('a', -1, 100)).toEqual(written.flatMap(({ events }) => events));
    expect((await store().events('a', 3, 4)).map(({ n }) => n)).toEqual([4, 5, 6, 7]);
    expect(await store().events('a', 12, 100)).toEqual([]);
    let last = (written[1] as (typeof written)[0]).state;
    for (let i = 0; i < 6; i++) {
      const write = advanced(last);
      await store().commit([{ activeflow: write }]);
      last = write.state;
    }
    expect((await store().events('a', 9, 5)).map(({ n }) => n)).toEqual([10, 11, 12, 13, 14]);
    expect((await store().events('a', 14, 3)).map(({ n }) => n)).toEqual([15, 16, 17]);
    expect((await store().feed(15, 3)).map(({ event }) => event?.n)).toEqual([14, 15, 16]);
    expect(await store().events('none', -1, 100)).toEqual([]);
  });

  it('gives the newest moves, oldest first, whatever happened between them', async () => {
    let state: State = sampleState('a');
    await store().commit([{ activeflow: inserted(state) }]);
    for (const count of [30, 1, 40, 1]) {
      const write = advanced(state, {}, {}, count);
      const events = count === 1 ? write.events : write.events.map(({ n, version, at, cause }) => ({ n, version, at, cause, type: 'paused' } as const));
      await store().commit([{ activeflow: { ...write, events } }]);
      state = write.state;
    }
    const numbers = async (before: number, limit: number) => (await store().moves('a', before, limit)).map(({ n }) => n);
    expect([await numbers(73, 1), await numbers(73, 2), await numbers(99, 100)]).toEqual([[72], [31, 72], [31, 72]]);
    expect([await numbers(72, 1), await numbers(31, 9), await numbers(0, 9)]).toEqual([[31], [], []]);
    await store().commit([{ activeflow: advanced(state, {}, {}, 5) }]);
    expect([await numbers(76, 2), await numbers(76, 9), await numbers(78, 3)]).toEqual([[74, 75], [31, 72, 73, 74, 75], [75, 76, 77]]);
    expect(await store().moves('none', 9, 5)).toEqual([]);
  });

  it('numbers the events of all in the order of their commits, with no number twice', async () => {
    const [a, b] = [sampleState('a'), sampleState('b', { customer_id: 'other' })];
    await store().commit([{ activeflow: inserted(a) }, { activeflow: inserted(b) }]);
    await store().commit([{ activeflow: advanced(b, {}, {}, 2) }, { activeflow: advanced(b) }, { activeflow: advanced(a) }]);
    const all = await store().feed(0, 100);
    expect(all.map((entry) => `${entry.event && entry.activeflow_id} ${entry.customer_id === 'other' ? 'other' : 'own'} ${entry.event?.n}`))
      .toEqual(['a own 0', 'b other 0', 'b other 1', 'b other 2', 'a own 1']);
    expect(all.map(({ seq }) => seq)).toEqual([...new Set(all.map(({ seq }) => seq))].sort((x, y) => x - y));
    expect(await store().feed(all[1]?.seq ?? 0, 2)).toEqual(all.slice(2, 4));
    expect(await store().feed(all.at(-1)?.seq ?? 0, 2)).toEqual([]);
  });
}

function roundTrip({ it, expect, store }: Suite): void {
  it('gives back what it was given: names like __proto__, lone surrogates, U+0000, late instants', async () => {
    const late = Number.MAX_SAFE_INTEGER;
    const variables = JSON.parse('{"__proto__":"p","constructor":"c","":"","\\u0000":"\\u0000","lone":"\\ud800","😀":"\\ud83d\\ude00","q\\"":"\\\\"}') as State['variables'];
    const state = sampleState('a', { variables, name: 'n\0\udfff', tm_create: late, current: { ...sampleState('a').current, began_at: late } });
    const action = { ...sampleAction('x'), option: { text: '\0\ud800', list: [1.5, null, true, { deep: [] }] } };
    const effects = [sampleEffect('a', 0, { payload: action.option, deadline: late })];
    const write = inserted(state, { due_at: late, effects, lists: [{ id: 'list', actions: [action] }] });
    expect(await store().commit([{ activeflow: write }])).toEqual(['ok']);
    const loaded = await store().load('a');
    expect(loaded).toEqual(state);
    expect(Object.entries(loaded?.variables ?? {})).toEqual(Object.entries(variables));
    expect(await store().events('a', -1, 10)).toEqual(write.events);
    expect(await store().list('list')).toEqual([action]);
    expect(await store().effects('a')).toMatchObject([{ payload: action.option, deadline: late, tm_create: late }]);
    expect([await store().due(late - 1, 9), await store().due(late, 9), await store().nextDue()]).toEqual([[], ['a'], late]);
  });

  it('finds nothing under a text that nothing can have', async () => {
    const s = store();
    const found = await Promise.all([s.load('a\0'), s.list('\0'), s.effect('\0'), s.document('call', '\0'), s.find('call', '\0')]);
    expect(found).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(await Promise.all([s.events('\0', -1, 9), s.moves('\0', 9, 9), s.effects('\0'), s.documents({ kind: '\0', limit: 9 })])).toEqual([[], [], [], []]);
  });
}
