// The same Idempotency-Key and body gives the first answer and does nothing twice; another body is refused (wire.md §1).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreUnavailable, type Change, type Store } from '../store/store.js';
import { EXAMPLES } from './examples.js';
import { startTest, STORES, type Body, type Tested } from './testing/server.js';

describe.each(STORES)('idempotency on %s', (store) => {
  let t: Tested;
  let keys = 0;
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());
  const keyed = (path: string, key: string, body?: object) => t.ask('POST', path, { ...(body ? { body } : {}), headers: { 'idempotency-key': key } });
  const fresh = () => `key-${++keys}`;
  const listed = async (path: string) => (await t.ask('GET', path)).body.result.length as number;
  const number = () => ({ number: `+1555${1000 + keys}` });

  test.each([['/flows', () => EXAMPLES['createFlow']!], ['/activeflows', () => ({ actions: [{ type: 'block' }] })], ['/numbers', number], ['/messages', () => EXAMPLES['sendMessage']!], ['/calls', () => EXAMPLES['createCall']!]] as const)(
    'POST %s: once, twice and ten at a time make one', async (path, make) => {
      const key = fresh();
      const body = make();
      const before = await listed(path);
      const all = await Promise.all(Array.from({ length: 10 }, () => keyed(path, key, body)));
      const [first] = all;
      // All at once, all but one may be told to come again; whoever is answered is answered the same.
      expect(all.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
      for (const { status, body: answered } of all) expect(status === 200 ? 'ok' : answered.error.reason).toMatch(/^(ok|STATE_INVALID|NUMBER_EXISTS)$/);
      const again = await keyed(path, key, body);
      expect(again.status).toBe(200);
      for (const answer of all.filter(({ status }) => status === 200)) expect(answer.body).toEqual(again.body);
      expect(await listed(path)).toBe(before + 1);
      const other = await keyed(path, key, { ...body, another: 1 });
      expect([other.status, other.body.error.reason]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
      expect(first).toBeDefined();
    });

  test('on a control operation: done once, answered twice alike', async () => {
    const { id } = (await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }] } })).body;
    const key = fresh();
    const body = { actions: [{ type: 'answer' }] };
    const first = await keyed(`/activeflows/${id}/add_actions`, key, body);
    const again = await keyed(`/activeflows/${id}/add_actions`, key, body);
    expect(again.body).toEqual(first.body);
    expect((await t.ask('GET', `/activeflows/${id}`)).body.pending_actions).toHaveLength(1);
    const elsewhere = await keyed(`/activeflows/${id}/push_actions`, key, body);
    expect(elsewhere.body.error.reason).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('at the simulator\'s door: keys are pressed once, the clock moves once', async () => {
    const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'digits_receive', option: { length: 9, duration: 60_000 } }], auto_play: false } })).body;
    await t.until(`/calls/${call.id}`, ({ status }) => status === 'progressing');
    const key = fresh();
    for (let i = 0; i < 3; i++) expect((await keyed(`/simulator/calls/${call.id}/digits`, key, { digits: '12' })).status).toBe(200);
    expect((await t.server.parts.store.document('call', call.id as string))?.data).toMatchObject({ played: { digits: '12' } });
    const clock = fresh();
    const [first, again] = [await keyed('/simulator/clock', clock, { advance_ms: 5 }), await keyed('/simulator/clock', clock, { advance_ms: 5 })];
    expect(again.body).toEqual(first.body);
    expect((await t.ask('POST', '/simulator/clock', { body: {} })).body).toEqual(first.body);
  });

  describe('at the simulator\'s doors, where nothing can be written after the commit that does what was asked', () => {
    type Commit = Store['commit'];
    let commit: Commit;
    // As if the process died right after that commit: what would be remembered by a write of its own never is.
    beforeAll(() => {
      const { store: kept } = t.server.parts;
      commit = kept.commit.bind(kept);
      const alone = ({ documents, ...rest }: Change) => Object.keys(rest).length === 0 && documents?.every(({ kind }) => kind === 'idempotency');
      Object.assign(kept, { commit: (async (changes) => { if (changes.some(alone)) throw new StoreUnavailable('gone'); return commit(changes); }) satisfies Commit });
    });
    afterAll(() => { Object.assign(t.server.parts.store, { commit }); });
    const talk = (text: string) => ({ type: 'talk', option: { text } });
    const play = async (): Promise<{ readonly call: Body; readonly first: string; readonly path: string }> => {
      const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [talk('one'), talk('two'), talk('three')], auto_play: false } })).body;
      const { action } = await t.until(`/calls/${call.id}`, ({ status, action }) => status === 'progressing' && action.option.text === 'one');
      return { call, first: action.id, path: `/simulator/calls/${call.id}` };
    };
    const thrice = async (path: string, body: object = {}): Promise<Body> => {
      const key = fresh();
      const [first, ...again] = [await keyed(path, key, body), await keyed(path, key, body), await keyed(path, key, body)];
      expect([first.status, first.body.error]).toEqual([200, undefined]);
      for (const answer of again) expect(answer).toMatchObject({ status: 200, body: first.body });
      expect((await keyed(path, key, { ...body, another: 1 })).body.error.reason).toBe('IDEMPOTENCY_KEY_REUSED');
      return first.body;
    };

    test.each([['/simulator/calls', '/calls'], ['/simulator/messages', '/messages']])('%s makes one', async (path, list) => {
      const before = await listed(list);
      const { activeflow_id } = await thrice(path, { actions: [talk('one')], auto_play: false });
      expect(await listed(list)).toBe(before + 1);
      expect((await t.ask('GET', `/activeflows/${activeflow_id}`)).status).toBe(200);
    });

    test('digits are pressed once', async () => {
      const { call, path } = await play();
      await thrice(`${path}/digits`, { digits: '12' });
      expect((await t.server.parts.store.document('call', call.id as string))?.data).toMatchObject({ played: { digits: '12' } });
    });

    test('digits that end a collection: its run goes on once, as is answered', async () => {
      const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'digits_receive', option: { length: 1, duration: 60_000 } }, talk('after')], auto_play: false } })).body;
      await t.until(`/calls/${call.id}`, ({ status }) => status === 'progressing');
      expect((await thrice(`/simulator/calls/${call.id}/digits`, { digits: '12' })).action.option.text).toBe('after');
      expect((await t.server.parts.store.document('call', call.id as string))?.data).toMatchObject({ played: { digits: '2' } });
    });

    test('one prompt ends, and the answer is the next', async () => {
      const { call, path } = await play();
      expect((await thrice(`${path}/media_done`)).action.option.text).toBe('two');
      expect((await t.ask('GET', `/calls/${call.id}`)).body.action.option.text).toBe('two');
    });

    test('one action fails', async () => {
      const { call, first, path } = await play();
      expect((await thrice(`${path}/fail`, { action_id: first })).action.option.text).toBe('two');
      const { result } = (await t.ask('GET', `/activeflows/${call.activeflow_id}/history`)).body;
      expect(result.filter(({ result }: Body) => result === 'failed')).toHaveLength(1);
    });

    test.each(['/simulator/calls', '/calls'])('%s/{id}/hangup ends the call once', async (base) => {
      const { call } = await play();
      const gone = await thrice(`${base}/${call.id}/hangup`);
      expect(gone).toMatchObject({ status: 'hangup', hangup_by: base === '/calls' ? 'local' : 'remote' });
      expect((await t.ask('GET', `/calls/${call.id}`)).body).toEqual(gone);
    });
  });

  test('at the simulator\'s doors, ten at a time: done once, and all that are answered are answered alike', async () => {
    const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'talk', option: { text: 'x' } }], auto_play: false } })).body;
    await t.until(`/calls/${call.id}`, ({ status }) => status === 'progressing');
    const { now } = (await t.ask('POST', '/simulator/clock', { body: {} })).body;
    const ten = async (path: string, body: object) => {
      const key = fresh();
      const answers = (await Promise.all(Array.from({ length: 10 }, () => keyed(path, key, body)))).map(({ body }) => body);
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    };
    await ten(`/simulator/calls/${call.id}/digits`, { digits: '1' });
    expect((await t.server.parts.store.document('call', call.id as string))?.data).toMatchObject({ played: { digits: '1' } });
    await ten('/simulator/clock', { advance_ms: 1_000 });
    await Promise.all([1, 2, 3].map(() => keyed('/simulator/clock', fresh(), { advance_ms: 1_000 })));
    const then = (await t.ask('POST', '/simulator/clock', { body: {} })).body;
    expect(Date.parse(`${then.now}Z`) - Date.parse(`${now}Z`)).toBe(4_000);
    await ten(`/simulator/calls/${call.id}/hangup`, {});
    // What has ended already is as it is, and that is remembered, too.
    await ten(`/simulator/calls/${call.id}/hangup`, {});
  });

  test('a request that was refused may be tried again with the same key', async () => {
    const key = fresh();
    expect((await keyed('/flows', key, { actions: [{ type: 'teleport' }] })).status).toBe(400);
    expect((await keyed('/flows', key, { actions: [{ type: 'teleport' }] })).status).toBe(400);
    expect((await keyed('/flows', key, { name: 'right' })).status).toBe(200);
  });

  test('is over after 24 hours', async () => {
    const key = fresh();
    const first = await keyed('/flows', key, { name: 'a' });
    await t.ask('POST', '/simulator/clock', { body: { advance_ms: 24 * 3_600_000 + 1 } });
    const later = await keyed('/flows', key, { name: 'b' });
    expect(later.body.name).toBe('b');
    expect(later.body.id).not.toBe(first.body.id);
    expect((await keyed('/flows', key, { name: 'b' })).body).toEqual(later.body);
  });

  test.each(['', 'a b', 'x'.repeat(256), 'é'])('the key %j is refused', async (key) => {
    const answer = await t.ask('POST', '/flows', { body: {}, headers: { 'idempotency-key': key } }).catch((error: Error) => error);
    if (answer instanceof Error) throw answer;
    expect(answer.body.error?.reason).toBe('INVALID_REQUEST_PARAMETER');
  });
});
