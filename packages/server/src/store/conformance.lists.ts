// Lists of activeflows: every filter, and pages that skip and repeat nothing while rows arrive.
import type { State } from '@activeflow/engine';
import type { Suite } from './conformance.js';
import { advanced, AT, CUSTOMER, inserted, sampleState } from './sample.js';
import type { ActiveflowQuery, PageQuery, Placed, Store } from './store.js';

/** The tests of `activeflows` and `walk`. */
export function listTests(suite: Suite): void {
  filters(suite);
  combined(suite);
  pages(suite);
  searching(suite);
  walking(suite);
}

const list = async (store: Store, query: Partial<ActiveflowQuery>): Promise<readonly Placed<State>[]> =>
  (await store.activeflows({ customer_id: CUSTOMER, limit: 1_000, ...query })).rows;

const names = (placed: readonly Placed<State>[]): string => placed.map(({ row }) => row.id).join(' ');

function filters({ it, expect, store }: Suite): void {
  const api = { type: 'api', id: '', activeflow_id: '' } as const;
  const samples: readonly State[] = [
    sampleState('a', { tm_create: AT + 1, reference: { ...api, type: 'call', id: 'call-1' }, variables: { lang: 'de', __proto__x: '1' } }),
    sampleState('b', { tm_create: AT + 2, reference: api, flow_id: 'flow-1', variables: { lang: 'en', x: ':', y: '' } }),
    sampleState('c', { tm_create: AT + 3, reference: api, status: 'ended', flow_id: 'flow-1', variables: { note: '{"lang":"de"}' } }),
    sampleState('d', { tm_create: AT + 4, reference: { ...api, type: 'call', id: 'call-1' }, status: 'ended', variables: JSON.parse('{"__proto__":"p\\u0000"}') as State['variables'] }),
    sampleState('e', { tm_create: AT + 5, reference: api, tm_delete: AT + 9 }),
    sampleState('f', { tm_create: AT + 6, reference: { ...api, id: 'call-1' }, customer_id: 'other', flow_id: 'flow-1', variables: { lang: 'de' } }),
    sampleState('g', { tm_create: AT + 7, reference: api, flow_id: 'flow-2', variables: { ':': ',', lang: 'de', y: '' } }),
  ];

  it.each<[string, Partial<ActiveflowQuery>]>([
    ['g d c b a', {}],
    ['f', { customer_id: 'other' }],
    ['', { customer_id: 'none' }],
    ['', { customer_id: '\0' }],
    ['g b a', { status: 'running' }],
    ['d c', { status: 'ended' }],
    ['d a', { reference_type: 'call' }],
    ['', { reference_type: 'sms' }],
    ['d a', { reference_id: 'call-1' }],
    ['g c b', { reference_id: '' }],
    ['', { reference_id: 'call-1\0' }],
    ['c b', { flow_id: 'flow-1' }],
    ['g d c', { created_after: AT + 3 }],
    ['b a', { created_before: AT + 3 }],
    ['d c b', { created_after: AT + 2, created_before: AT + 7 }],
    ['g a', { variables: { lang: 'de' } }],
    ['d', { variables: JSON.parse('{"__proto__":"p\\u0000"}') as Record<string, string> }],
    ['', { variables: JSON.parse('{"__proto__":"p"}') as Record<string, string> }],
    ['', { variables: { toString: 'de' } }],
    ['g', { variables: { ':': ',', lang: 'de' } }],
    // As they are written, these variables stand in those of "b", too.
    ['g', { variables: { ':': ',' } }],
    ['g', { variables: Object.fromEntries([['lang', 'de'], ['y', ''], [':', ',']]) }],
  ])('gives "%s" for %j', async (expected, query) => {
    await store().commit(samples.map((state) => ({ activeflow: inserted(state) })));
    expect(names(await list(store(), query))).toBe(expected);
  });

  it('follows an activeflow through its end and its deletion', async () => {
    const [a] = samples as [State];
    await store().commit([{ activeflow: inserted(a) }]);
    const ended = advanced(a, { status: 'ended', variables: { lang: 'fr' } });
    await store().commit([{ activeflow: ended }]);
    const queries: Partial<ActiveflowQuery>[] = [{ status: 'ended' }, { variables: { lang: 'fr' } }, { reference_id: 'call-1' }, { status: 'running' }, { variables: { lang: 'de' } }];
    const all = async () => Promise.all(queries.map(async (query) => names(await list(store(), query))));
    expect(await all()).toEqual(['a', 'a', 'a', '', '']);
    expect((await list(store(), {}))[0]?.row).toEqual(ended.state);
    await store().commit([{ activeflow: advanced(ended.state, { tm_delete: AT + 99 }) }]);
    expect(await all()).toEqual(['', '', '', '', '']);
    expect(await store().load('a')).toMatchObject({ tm_delete: AT + 99 });
  });
}

/** A row's traits by its number, so that what a filter must give can be said without a store. */
const mixed = (i: number): State => sampleState(`m${i}`, {
  tm_create: AT + Math.floor(i / 7), status: i % 3 === 0 ? 'running' : 'ended', flow_id: `flow-${i % 4}`,
  reference: { type: i % 5 === 0 ? 'call' : 'api', id: i % 11 === 0 ? 'ref' : '', activeflow_id: '' }, variables: { parity: String(i % 2), i: String(i) },
});

function combined({ it, expect, store }: Suite): void {
  it('gives what all filters allow, page by page, whichever are combined', async () => {
    const rows = Array.from({ length: 700 }, (_, i) => mixed(i));
    await store().commit(rows.map((state) => ({ activeflow: inserted(state) })));
    const parts: [Partial<ActiveflowQuery>, (row: State) => boolean][] = [
      [{ status: 'running' }, (row) => row.status === 'running'],
      [{ status: 'ended' }, (row) => row.status === 'ended'],
      [{ flow_id: 'flow-1' }, (row) => row.flow_id === 'flow-1'],
      [{ reference_type: 'call' }, (row) => row.reference.type === 'call'],
      [{ reference_id: 'ref' }, (row) => row.reference.id === 'ref'],
      [{ reference_id: '' }, (row) => row.reference.id === ''],
      [{ created_after: AT + 20, created_before: AT + 90 }, (row) => row.tm_create >= AT + 20 && row.tm_create < AT + 90],
      [{ variables: { parity: '1' } }, (row) => row.variables['parity'] === '1'],
    ];
    for (let mask = 1; mask < 2 ** parts.length; mask++) {
      const chosen = parts.filter((_, bit) => (mask >> bit) & 1);
      if (chosen.length > 3) continue;
      // Two of one key are one filter: the later one.
      const query: Partial<ActiveflowQuery> = Object.assign({}, ...chosen.map(([part]) => part)) as Partial<ActiveflowQuery>;
      const tests = chosen.filter(([part]) => Object.entries(part).every(([key, value]) => query[key as keyof ActiveflowQuery] === value)).map(([, test]) => test);
      const expected = rows.filter((row) => tests.every((test) => test(row))).reverse();
      const got: Placed<State>[] = [];
      for (let page = await list(store(), { ...query, limit: 300 }); page.length > 0; page = await list(store(), { ...query, limit: 300, before: after(page) })) got.push(...page);
      expect([JSON.stringify(query), got.map(({ row }) => row.id)]).toEqual([JSON.stringify(query), expected.map(({ id }) => id)]);
    }
  }, 60_000);
}

const after = (page: readonly Placed<State>[]): NonNullable<PageQuery['before']> => {
  const last = page.at(-1) as Placed<State>;
  return { tm: last.row.tm_create, ordinal: last.ordinal };
};

function pages({ it, expect, store }: Suite): void {
  it.each<[string, Partial<ActiveflowQuery>]>([
    ['no filter', {}], ['a status', { status: 'running' }], ['a reference', { reference_id: 'ref' }], ['a type', { reference_type: 'api' }],
    ['a flow', { flow_id: 'flow' }], ['a variable', { variables: { v: '1' } }], ['a time', { created_after: AT, created_before: AT + 3 }],
    ['a flow and a status', { flow_id: 'flow', status: 'running' }],
  ])('walks by %s over ties of one microsecond while rows arrive, skipping and repeating none', async (_, query) => {
    const row = (id: string, tm_create: number) =>
      ({ activeflow: inserted(sampleState(id, { tm_create, flow_id: 'flow', reference: { type: 'api', id: 'ref', activeflow_id: '' }, variables: { v: '1' } })) });
    const old = Array.from({ length: 60 }, (_, i) => row(`old-${i}`, AT + Math.floor(i / 20)));
    await store().commit(old);
    const seen: string[] = [];
    let page = await list(store(), { ...query, limit: 7 });
    for (let turn = 0; page.length > 0; turn++) {
      seen.push(...page.map(({ row }) => row.id));
      // New rows at the top, and some with the very microsecond that the page ended in.
      await store().commit([row(`new-${turn}`, AT + 2 + turn), row(`tie-${turn}`, page.at(-1)?.row.tm_create ?? AT)]);
      page = await list(store(), { ...query, limit: 7, before: after(page) });
    }
    expect(seen.filter((id) => id.startsWith('old')).sort()).toEqual(old.map(({ activeflow }) => activeflow.state.id).sort());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('begins before an instant where only that is given', async () => {
    await store().commit([1, 2, 2, 3].map((at, i) => ({ activeflow: inserted(sampleState(`r${i}`, { tm_create: AT + at })) })));
    expect(names(await list(store(), { before: { tm: AT + 2 } }))).toBe('r0');
    expect(names(await list(store(), { before: { tm: AT + 3 }, created_before: AT + 3, limit: 2 }))).toBe('r2 r1');
    expect(names(await list(store(), { before: { tm: AT + 9, ordinal: 1 }, created_before: AT + 2 }))).toBe('r0');
  });
}

function searching({ it, expect, store }: Suite): void {
  it('may give a search up, and says where: from there on it finds the rest, each once', async () => {
    const state = (i: number) => sampleState(`s${i}`, { tm_create: AT + Math.floor(i / 3), variables: { rare: String(i % 900), once: String(i === 17) } });
    for (let i = 0; i < 5_000; i += 500) await store().commit(Array.from({ length: 500 }, (_, j) => ({ activeflow: inserted(state(i + j)) })));
    const search = async (variables: Record<string, string>): Promise<string[]> => {
      const found: string[] = [];
      let before: ActiveflowQuery['before'];
      for (let pages = 0; pages < 100; pages++) {
        const { rows, stopped } = await store().activeflows({ customer_id: CUSTOMER, limit: 4, variables, ...(before ? { before } : {}) });
        found.push(...rows.map(({ row }) => row.id));
        // Only a page that is not full has been given up, and only one that is whole ends the list.
        if (stopped) expect(rows.length).toBeLessThan(4);
        else if (rows.length < 4) return found;
        before = stopped ?? after(rows);
      }
      throw new Error('the search does not end');
    };
    expect(await search({ rare: '400' })).toEqual(['s4900', 's4000', 's3100', 's2200', 's1300', 's400']);
    expect(await search({ rare: '400', once: 'true' })).toEqual([]);
    expect(await search({ once: 'true' })).toEqual(['s17']);
  });
}

function walking({ it, expect, store }: Suite): void {
  it('walks over all activeflows, of all customers, the deleted among them, in the order of their birth', async () => {
    const states = [sampleState('a', { tm_create: AT + 9 }), sampleState('b', { customer_id: 'other' }), sampleState('c', { tm_delete: AT, status: 'ended' })];
    await store().commit(states.map((state) => ({ activeflow: inserted(state) })));
    await store().commit([{ activeflow: advanced(states[0] as State, {}, { due_at: AT + 77 }) }]);
    const first = await store().walk(0, 2);
    const rest = await store().walk(first.at(-1)?.ordinal ?? 0, 2);
    expect([...first, ...rest].map(({ row }) => [row.state.id, row.version, row.due_at])).toEqual([['a', 2, AT + 77], ['b', 1, AT + 60_000_000], ['c', 1, null]]);
    expect(first[0]?.row.state).toEqual(await store().load('a'));
    expect(await store().walk(rest.at(-1)?.ordinal ?? 0, 2)).toEqual([]);
  });
}
