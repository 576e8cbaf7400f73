// Documents: versions, unique keys, soft deletion, lists, expiry.
import type { Suite } from './conformance.js';
import { AT, CUSTOMER, picture, sampleDocument } from './sample.js';
import type { Document, DocumentQuery, Placed, Store } from './store.js';

/** The tests of `document`, `find`, `documents` and `expire`. */
export function documentTests(suite: Suite): void {
  versions(suite);
  keys(suite);
  lists(suite);
  expiry(suite);
}

const put = async ({ store }: Suite, ...documents: readonly Document[]): Promise<readonly unknown[]> =>
  store().commit(documents.map((document) => ({ documents: [document] })));

const names = (placed: readonly Placed<Document>[]): string => placed.map(({ row }) => row.id).join(' ');

function versions(suite: Suite): void {
  const { it, expect, store } = suite;

  it('replaces the version before, whole, and no other', async () => {
    const first = sampleDocument('call', 'c', { data: JSON.parse('{"__proto__":{"a":[1,null]},"lone":"\\ud800\\u0000"}') as Document['data'] });
    const second = sampleDocument('call', 'c', { version: 2, customer_id: 'new', parent: 'p', key: 'k', tm_create: AT + 1, tm_update: AT + 2, data: { name: 'new' } });
    expect(await put(suite, sampleDocument('call', 'c', { version: 2 }))).toEqual(['conflict']);
    expect(await put(suite, first)).toEqual(['ok']);
    expect(await store().document('call', 'c')).toEqual(first);
    expect(await put(suite, first, sampleDocument('call', 'c', { version: 3 }))).toEqual(['conflict', 'conflict']);
    expect(await put(suite, second, { ...second, data: { name: 'late' } })).toEqual(['ok', 'conflict']);
    expect(await store().document('call', 'c')).toEqual(second);
    expect([await store().document('flow', 'c'), await store().document('call', 'd')]).toEqual([undefined, undefined]);
  });

  it('takes the same id in another kind for another document', async () => {
    expect(await put(suite, sampleDocument('call', 'x'), sampleDocument('flow', 'x', { data: { other: true } }))).toEqual(['ok', 'ok']);
    expect(await store().document('call', 'x')).toMatchObject({ data: { name: 'x' } });
    expect(await store().document('flow', 'x')).toMatchObject({ data: { other: true } });
  });
}

function keys(suite: Suite): void {
  const { it, expect, store } = suite;
  const number = (id: string, over: Partial<Document> = {}) => sampleDocument('number', id, { key: '+49', ...over });

  it('lets one document of a kind have a key, and another once that one is deleted', async () => {
    expect(await put(suite, number('a'), number('b'), sampleDocument('user', 'b', { key: '+49' }))).toEqual(['ok', 'conflict', 'ok']);
    expect(await store().find('number', '+49')).toEqual(number('a'));
    expect(await put(suite, number('b', { key: '+50' }), number('b', { key: '+49', version: 2 }))).toEqual(['ok', 'conflict']);
    expect(await put(suite, number('a', { version: 2, data: { name: 'own key' } }))).toEqual(['ok']);
    const before = await picture(store(), ['number']);
    expect(await store().commit([{ documents: [number('c', { key: null }), number('d')] }])).toEqual(['conflict']);
    expect(await picture(store(), ['number'])).toEqual(before);
    expect(await put(suite, number('a', { version: 3, tm_delete: AT }))).toEqual(['ok']);
    expect(await store().find('number', '+49')).toBeUndefined();
    expect(await put(suite, number('b', { key: '+49', version: 2 }))).toEqual(['ok']);
    expect(await store().find('number', '+49')).toMatchObject({ id: 'b' });
    expect(await put(suite, number('a', { version: 4 }))).toEqual(['conflict']);
    expect(await store().find('number', 'none')).toBeUndefined();
  });

  it('lets any number have none', async () => {
    expect(await put(suite, number('a', { key: null }), number('b', { key: null }))).toEqual(['ok', 'ok']);
  });
}

function lists(suite: Suite): void {
  const { it, expect, store } = suite;
  const list = async (query: Partial<DocumentQuery> = {}, s: Store = store()) => s.documents({ kind: 'call', limit: 100, ...query });
  const all = [
    sampleDocument('call', 'a', { parent: 'p' }), sampleDocument('call', 'b', { tm_create: AT + 1 }), sampleDocument('call', 'c', { customer_id: 'other', parent: 'p' }),
    sampleDocument('call', 'd', { parent: 'p', tm_delete: AT }), sampleDocument('flow', 'e'), sampleDocument('call', 'f', { parent: 'q' }), sampleDocument('call', 'g', { parent: 'p' }),
  ];

  it.each<[string, Partial<DocumentQuery>]>([
    ['b g f c a', {}], ['b g f a', { customer_id: CUSTOMER }], ['c', { customer_id: 'other' }], ['g c a', { parent: 'p' }], ['g a', { parent: 'p', customer_id: CUSTOMER }],
    ['b', { parent: '' }], ['b', { parent: '', customer_id: CUSTOMER }], ['', { parent: 'r' }], ['e', { kind: 'flow' }], ['b g', { limit: 2 }], ['g f c a', { before: { tm: AT + 1 } }],
  ])('gives "%s" for %j: newest first, none that is deleted', async (expected, query) => {
    await put(suite, ...all);
    expect(names(await list(query))).toBe(expected);
  });

  it('walks over ties while rows arrive, skipping and repeating none', async () => {
    await put(suite, ...Array.from({ length: 20 }, (_, i) => sampleDocument('call', `old-${i}`, { parent: 'p' })));
    for (const query of [{}, { customer_id: CUSTOMER }, { parent: 'p' }]) {
      const seen: string[] = [];
      for (let page = await list({ ...query, limit: 3 }); page.length > 0;) {
        seen.push(...page.map(({ row }) => row.id));
        await put(suite, sampleDocument('call', `new-${JSON.stringify(query)}-${seen.length}`, { parent: 'p' }));
        const last = page.at(-1) as Placed<Document>;
        page = await list({ ...query, limit: 3, before: { tm: last.row.tm_create, ordinal: last.ordinal } });
      }
      expect(seen.filter((id) => id.startsWith('old'))).toEqual(Array.from({ length: 20 }, (_, i) => `old-${19 - i}`));
      expect(new Set(seen).size).toBe(seen.length);
    }
  });
}

function expiry(suite: Suite): void {
  const { it, expect, store } = suite;

  it('removes the oldest of a kind for good, as many as asked for, and frees their keys', async () => {
    const key = (i: number, over: Partial<Document> = {}) => sampleDocument('idempotency', `k${i}`, { key: `key-${i}`, tm_create: AT + i, ...over });
    await put(suite, key(3), key(1), key(2), key(4), key(0, { tm_delete: AT }), sampleDocument('call', 'c', { tm_create: 0 }));
    expect(await store().expire('idempotency', AT + 4, 2)).toBe(2);
    expect(names(await store().documents({ kind: 'idempotency', limit: 9 }))).toBe('k4 k3');
    expect(await put(suite, key(1))).toEqual(['ok']);
    expect(await store().expire('idempotency', AT + 4, 9)).toBe(2);
    expect(await store().expire('idempotency', AT + 4, 9)).toBe(0);
    const placed = await store().documents({ kind: 'idempotency', limit: 9 });
    await put(suite, key(4, { id: 'again', key: null }));
    expect((await store().documents({ kind: 'idempotency', limit: 9 })).map(({ row }) => row.id)).toEqual(['again', 'k4']);
    expect([names(placed), await store().document('call', 'c')]).toMatchObject(['k4', { id: 'c' }]);
  });
}
