// The log as the engine wrote it, and the lists it names: enough to fold the state elsewhere, and nothing of anybody else's.
import { randomUUID } from 'node:crypto';
import { evolve, fold, type Event, type State } from '@activeflow/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTest, STORES, type Tested } from './testing/server.js';

describe.each(STORES)('the log on %s', (store) => {
  let t: Tested;
  let other: { key: string };
  beforeAll(async () => { t = await startTest(store); other = await t.customer(); });
  afterAll(() => t.close());

  const get = async (path: string, key?: string) => t.ask('GET', path, key === undefined ? {} : { key });
  const start = async (body: object) => {
    const { id } = (await t.ask('POST', '/activeflows', { body })).body;
    await t.until(`/activeflows/${id}`, ({ waiting_for, status }) => waiting_for !== null || status === 'ended');
    return id as string;
  };
  const set = (key: string, value: string) => ({ type: 'variable_set', option: { key, value } });
  const logOf = async (id: string, query = '') => (await get(`/activeflows/${id}/log${query}`)).body as { events: number; result: Event[] };
  const listsOf = async (id: string) => [...JSON.stringify(await logOf(id)).matchAll(/"list_id":"([^"]+)"/g)].map(([, list]) => list!);

  test('is what the engine folds to the state', async () => {
    const id = await start({ actions: [set('a', '1'), { id: 'here', type: 'block' }, set('b', '${a}')], variables: { given: 'x' } });
    await t.ask('PUT', `/activeflows/${id}/variables`, { body: { variables: { a: '2', given: null } } });
    const { events, result } = await logOf(id);
    expect(result.map(({ n }) => n)).toEqual(result.map((_, i) => i));
    expect(events).toBe(result.length);
    expect(fold(result)).toEqual(await t.server.parts.store.load(id));
    const states: State[] = [];
    for (const event of result) states.push(evolve(states.at(-1), event));
    expect(states.map(({ variables }) => variables['a'])).toEqual([undefined, undefined, '1', '2']);
    const { version } = fold(result)!;
    expect((await get(`/activeflows/${id}`)).body).toMatchObject({ version });
  });

  test('is read in pages, from any event on', async () => {
    const id = await start({ actions: Array.from({ length: 120 }, (_, i) => set('a', String(i))) });
    const whole = (await logOf(id)).result;
    expect(whole.length).toBeGreaterThan(121);
    const read: Event[] = [];
    for (let page = await logOf(id, '?page_size=7'); page.result.length > 0; page = await logOf(id, `?page_size=7&after=${read.at(-1)!.n}`)) {
      expect(page.result.length).toBe(Math.min(7, whole.length - read.length));
      expect(page.events).toBe(whole.length);
      read.push(...page.result);
    }
    expect(read).toEqual(whole);
    expect((await logOf(id, '?after=-1&page_size=0')).result).toEqual(whole);
    expect((await logOf(id, `?after=${whole.length + 5}`)).result).toEqual([]);
  });

  test('a page of large events ends early, and the next goes on', async () => {
    const id = await start({ actions: Array.from({ length: 12 }, (_, i) => set('a', String(i % 10).repeat(60_000))).concat([{ type: 'block', option: {} } as never]) });
    for (let i = 0; i < 12; i++) await t.ask('PUT', `/activeflows/${id}/variables`, { body: { variables: { a: String(i % 10).repeat(60_000) } } });
    const first = await logOf(id);
    expect(first.result.length).toBeLessThan(first.events);
    expect(JSON.stringify(first).length).toBeLessThan(3 * 2 ** 20);
    const next = await logOf(id, `?after=${first.result.at(-1)!.n}`);
    expect(next.result[0]!.n).toBe(first.result.length);
  });

  test.each(['after=x', 'after=1.5', 'after=-2', 'page_size=x', 'after=9999999999999999'])('?%s is refused', async (query) => {
    const id = await start({ actions: [{ type: 'block' }] });
    const { status, body } = await get(`/activeflows/${id}/log?${query}`);
    expect([status, body.error.reason]).toEqual([400, 'INVALID_REQUEST_PARAMETER']);
    expect(body.error.message).toContain(query.split('=')[0]);
  });

  test('every list that its frames run or ran: of its flow, of a flow it fetched, pushed, added', async () => {
    const fetched = (await t.ask('POST', '/flows', { body: { actions: [set('fetched', 'yes')] } })).body;
    const flow = (await t.ask('POST', '/flows', { body: { actions: [{ type: 'fetch_flow', option: { flow_id: fetched.id } }, { id: 'here', type: 'block' }, set('end', '${end}')] } })).body;
    const id = await start({ flow_id: flow.id });
    await t.ask('POST', `/activeflows/${id}/add_actions`, { body: { actions: [set('added', '1')] } });
    await t.ask('POST', `/activeflows/${id}/push_actions`, { body: { actions: [{ type: 'empty' }, { type: 'block' }] } });
    // An edit of the flow changes nothing of what runs.
    await t.ask('PUT', `/flows/${flow.id}`, { body: { actions: [] } });
    const lists = await listsOf(id);
    expect(lists).toHaveLength(4);
    const types = await Promise.all(lists.map(async (list) => (await get(`/activeflows/${id}/lists/${encodeURIComponent(list)}`)).body.actions.map(({ type }: { type: string }) => type)));
    expect(types).toEqual([['fetch_flow', 'block', 'variable_set'], ['variable_set'], ['fetch_flow', 'block', 'variable_set', 'variable_set'], ['empty', 'block']]);
    expect((await get(`/activeflows/${id}/lists/${lists[0]}`)).body.actions[2]).toMatchObject({ option: { key: 'end', value: '${end}' }, tm_execute: '' });
  });

  test('a list that it does not name is not there: of another flow, another activeflow, another customer, nobody', async () => {
    const mine = await start({ actions: [{ type: 'block' }] });
    const elsewhere = await start({ actions: [{ type: 'block' }] });
    const flow = (await t.ask('POST', '/flows', { body: { actions: [{ type: 'empty' }] } })).body;
    for (const list of [`${elsewhere}:0`, `${flow.id}:1`, `${mine}:7:0`, `${randomUUID()}:0`, mine, 'x']) {
      const { status, body } = await get(`/activeflows/${mine}/lists/${list}`);
      expect([list, status, body.error.reason]).toEqual([list, 404, 'LIST_NOT_FOUND']);
    }
    expect((await get(`/activeflows/${mine}/lists/${mine}:0`)).body).toMatchObject({ id: `${mine}:0`, actions: [{ type: 'block' }] });
    for (const path of [`/activeflows/${mine}/lists/${mine}:0`, `/activeflows/${mine}/log`]) {
      expect((await get(path, other.key)).body.error.reason).toBe('ACTIVEFLOW_NOT_FOUND');
    }
    await t.ask('DELETE', `/activeflows/${mine}`);
    expect((await get(`/activeflows/${mine}/log`)).body.error.reason).toBe('ACTIVEFLOW_NOT_FOUND');
  });
});
