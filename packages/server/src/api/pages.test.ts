// Lists: sizes, tokens, filters; walking while rows arrive, and where many share one instant, skips none and repeats none.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inserted, sampleState } from '../store/sample.js';
import { startTest, STORES, type Tested } from './testing/server.js';

type Row = { readonly id: string; readonly tm_create: string };

describe.each(STORES)('pages on %s', (store) => {
  let t: Tested;
  let key = '';
  // The clock stands still: all rows that are made without moving it share one microsecond.
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());
  const customer = async () => { key = (await t.customer()).key; };
  const get = (path: string) => t.ask('GET', path, { key });
  const make = async (count: number) => (await Promise.all(Array.from({ length: count }, (_, i) => t.ask('POST', '/flows', { key, body: { name: String(i) } })))).map(({ body }) => body.id as string);
  const tick = (advance_ms = 1) => t.ask('POST', '/simulator/clock', { body: { advance_ms } });
  const walk = async (path: string, each: () => Promise<unknown> = async () => undefined): Promise<Row[]> => {
    const rows: Row[] = [];
    for (let token = ''; ;) {
      const { body } = await get(`${path}${path.includes('?') ? '&' : '?'}page_token=${encodeURIComponent(token)}`);
      rows.push(...body.result);
      if (body.result.length === 0) { expect(body.next_page_token).toBe(''); return rows; }
      expect(body.next_page_token).not.toBe('');
      token = body.next_page_token as string;
      await each();
    }
  };

  test('page_size: 1 to 100, anything else that is an integer is 100, anything else is refused', async () => {
    await customer();
    await make(103);
    const length = async (size: string) => (await get(`/flows?page_size=${size}`)).body.result?.length ?? 'refused';
    for (const [size, wanted] of [['1', 1], ['99', 99], ['100', 100], ['101', 100], ['0', 100], ['-5', 100], ['', 100], ['999999999999999999', 100], ['%2B7', 7], ['1.5', 'refused'], ['ten', 'refused'], ['1e2', 'refused'], ['%00', 'refused']] as const) {
      expect(await length(size), size).toBe(wanted);
    }
    expect((await get('/flows')).body.result).toHaveLength(100);
    expect((await get('/flows?page_size=x')).body.error.reason).toBe('INVALID_REQUEST_PARAMETER');
  });

  test.each(['x', '2023-04-02', '2023-13-02 13:43:30.576077', '~5', '2023-04-02 13:43:30.576077~x', '2023-04-02 13:43:30.576077~1.5', 'null', '9'.repeat(300)])('the page_token %j is refused', async (token) => {
    expect((await get(`/flows?page_token=${encodeURIComponent(token)}`)).body.error.reason).toBe('INVALID_REQUEST_PARAMETER');
  });

  test('a token of the document\'s form, and one in RFC 3339, are taken', async () => {
    expect((await get('/flows?page_token=2023-04-02%2013:43:30.576077')).body).toEqual({ result: [], next_page_token: '' });
    expect((await get('/flows?page_token=2023-04-02T13:43:30Z')).status).toBe(200);
  });

  test('rows of one microsecond are walked one by one', async () => {
    await customer();
    const ids = await make(25);
    for (const size of [1, 3, 24, 25, 26]) {
      const rows = await walk(`/flows?page_size=${size}`);
      expect(rows.map(({ id }) => id).sort(), String(size)).toEqual([...ids].sort());
    }
  });

  test('rows that arrive meanwhile, at the same microsecond and later, neither repeat nor hide any', async () => {
    await customer();
    const before = [...(await make(15))];
    await tick();
    before.push(...(await make(15)));
    const arrived: string[] = [];
    const rows = await walk('/flows?page_size=4', async () => { arrived.push(...(await make(2))); await tick(); arrived.push(...(await make(2))); });
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(before.filter((id) => !ids.includes(id))).toEqual([]);
    expect(rows.map(({ tm_create }) => tm_create)).toEqual(rows.map(({ tm_create }) => tm_create).sort().reverse());
  });

  test('rows that are deleted meanwhile hide no others', async () => {
    await customer();
    const ids = await make(12);
    const rows = await walk('/flows?page_size=3', async () => { await t.ask('DELETE', `/flows/${ids.shift()!}`, { key }); });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(ids.filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
  });

  test('activeflows: filters, alone and together', async () => {
    await customer();
    const start = async (body: object) => (await t.ask('POST', '/activeflows', { key, body })).body as Row;
    const flow = (await t.ask('POST', '/flows', { key, body: { actions: [{ type: 'block' }] } })).body as Row;
    const a = await start({ flow_id: flow.id, variables: { who: 'ada', n: '1' } });
    await tick();
    const b = await start({ actions: [{ type: 'block' }], variables: { who: 'ada', n: '2' } });
    await tick();
    const c = await start({ actions: [], variables: { who: 'bob' } });
    const call = (await t.ask('POST', '/simulator/calls', { key, body: { actions: [{ type: 'talk', option: { text: 'x' } }], auto_play: false } })).body as { id: string; activeflow_id: string };
    await t.until(`/activeflows/${c.id}`, ({ status }) => status === 'ended', { key });
    const found = async (query: string) => ((await get(`/activeflows?${query}`)).body.result as Row[]).map(({ id }) => ({ [a.id]: 'a', [b.id]: 'b', [c.id]: 'c', [call.activeflow_id]: 'call' })[id]).join(' ');
    expect(await found('')).toBe('call c b a');
    expect(await found('status=running')).toBe('call b a');
    expect(await found('status=ended')).toBe('c');
    expect(await found(`flow_id=${flow.id.toUpperCase()}`)).toBe('a');
    expect(await found('reference_type=call')).toBe('call');
    expect(await found(`reference_id=${call.id}`)).toBe('call');
    expect(await found('variable.who=ada')).toBe('b a');
    expect(await found('variable.who=ada&variable.n=2')).toBe('b');
    expect(await found('variable.who=ada&status=ended')).toBe('');
    expect(await found(`created_after=${encodeURIComponent(b.tm_create)}`)).toBe('call c b');
    expect(await found(`created_before=${encodeURIComponent(b.tm_create)}`)).toBe('a');
    expect(await found(`created_after=${encodeURIComponent(b.tm_create)}&status=running&reference_type=api`)).toBe('b');
    expect(await found(`flow_id=${randomUUID()}`)).toBe('');
    for (const bad of ['status=odd', 'reference_type=pigeon', 'created_after=yesterday', 'created_before=1']) expect((await get(`/activeflows?${bad}`)).body.error.reason, bad).toBe('INVALID_REQUEST_PARAMETER');
  });

  test('a page of a search may be short, or empty, and its token leads on; the last has none', async () => {
    const another = await t.customer();
    const { store: rows, clock } = t.server.parts;
    const state = (i: number) => sampleState(randomUUID(), { customer_id: another.id, status: 'ended', tm_create: clock.now() - i * 1_000, variables: { rare: String(i % 2_000) } });
    await rows.commit(Array.from({ length: 5_000 }, (_, i) => ({ activeflow: inserted(state(i)) })));
    const pages: number[] = [];
    for (let token: string | undefined; token !== '';) {
      const { body } = await t.ask('GET', `/activeflows?variable.rare=1500${token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`}`, { key: another.key });
      pages.push(body.result.length as number);
      token = body.next_page_token as string;
      expect(pages.length).toBeLessThan(10);
    }
    expect(pages.reduce((sum, length) => sum + length, 0)).toBe(2);
    expect(pages.at(-1)).toBe(0);
    if (store === 'sqlite') expect(pages).toEqual([1, 1, 0]);
  });

  test('a filtered list is walked like any other', async () => {
    await customer();
    const ids = (await Promise.all(Array.from({ length: 20 }, (_, i) => t.ask('POST', '/activeflows', { key, body: { actions: [{ type: 'block' }], variables: { odd: String(i % 2) } } })))).map(({ body }) => body as Row);
    const rows = await walk('/activeflows?variable.odd=1&page_size=3');
    expect(rows).toHaveLength(10);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(10);
    expect(ids).toHaveLength(20);
  });
});
