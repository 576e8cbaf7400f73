// Every way to start, watch and control an activeflow over HTTP (wire.md §5).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTest, STORES, type Answer, type Asked, type Tested } from './testing/server.js';

const NONE = '00000000-0000-0000-0000-000000000000';
const START = '00000000-0000-0000-0000-000000000001';
const FINISH = '00000000-0000-0000-0000-000000000002';

describe.each(STORES)('control on %s', (store) => {
  let t: Tested;
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());

  const start = async (actions: readonly object[], more: object = {}) => (await t.ask('POST', '/activeflows', { body: { actions, ...more } })).body;
  const at = (id: string) => t.until(`/activeflows/${id}`, (shown) => shown.current_action.id !== START);
  const blocked = async (actions: readonly object[] = [], more: object = {}) => at((await start([{ id: 'here', type: 'block' }, ...actions], more)).id as string);
  const ask = async (method: string, id: string, what: string, body?: object, more: Asked = {}) => t.ask(method, `/activeflows/${id}${what}`, { ...(body ? { body } : {}), ...more });
  const reason = ({ body }: Pick<Answer, 'body'>) => body.error?.reason as string | undefined;
  const advance = (advance_ms: number) => t.ask('POST', '/simulator/clock', { body: { advance_ms } });

  test('a start answers the activeflow as it stood before its first action', async () => {
    const id = randomUUID().toUpperCase();
    const born = await start([{ type: 'variable_set', option: { key: 'a', value: '1' } }], { id, name: 'n', variables: { ' b ': '2', 'voipbin.x': 'no' }, webhook_uri: 'https://example.com/', reference_type: 'call', customer_id: NONE });
    expect(born).toMatchObject({
      id: id.toLowerCase(), customer_id: t.customer_id, name: 'n', status: 'running', reference_type: 'api', reference_id: NONE, flow_id: NONE, flow_revision: 0, webhook_method: 'POST',
      current_action: { id: START, type: '', tm_execute: '' }, executed_actions: [], tm_update: '9999-01-01 00:00:00.000000', end_reason: '', version: 0,
    });
    expect(born.pending_actions).toHaveLength(1);
    const ended = await t.until(`/activeflows/${born.id}`, ({ status }) => status === 'ended');
    expect(ended).toMatchObject({ end_reason: 'completed', current_action: { id: FINISH, type: '' }, waiting_for: null, pending_actions: [] });
    expect(ended.executed_actions.map(({ type }: { type: string }) => type)).toEqual(['', 'variable_set']);
    expect((await ask('GET', born.id, '/variables')).body.variables).toMatchObject({ a: '1', b: '2' });
    expect((await ask('GET', born.id, '/variables')).body.variables).not.toHaveProperty('voipbin.x');
    expect(reason(await t.ask('POST', '/activeflows', { body: { id, actions: [] } }))).toBe('INVALID_ARGUMENT');
  });

  test.each([
    [{}, 'MISSING_REQUEST_PARAMETER'], [{ flow_id: randomUUID() }, 'FLOW_NOT_FOUND'], [{ flow_id: 'x' }, 'INVALID_ID'], [{ actions: [], id: START }, 'INVALID_ID'], [{ actions: [], id: 'x' }, 'INVALID_ID'],
    [{ actions: [], variables: { a: 1 } }, 'INVALID_VARIABLES'], [{ actions: [], variables: [] }, 'INVALID_VARIABLES'], [{ actions: [], variables: 'x' }, 'INVALID_VARIABLES'],
    [{ actions: [], variables: { a: 'x'.repeat(33_000) } }, 'INVALID_VARIABLES'], [{ actions: [], variables: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, ''])) }, 'INVALID_VARIABLES'],
    [{ actions: [], webhook_uri: 'x' }, 'INVALID_WEBHOOK_URI'], [{ actions: [], webhook_uri: 'ftp://x' }, 'INVALID_WEBHOOK_URI'], [{ actions: [], webhook_uri: 'https://a:b@x/' }, 'INVALID_WEBHOOK_URI'],
    [{ actions: [], webhook_method: 'TRACE' }, 'INVALID_WEBHOOK_METHOD'], [{ actions: [], on_complete_flow_id: randomUUID() }, 'FLOW_NOT_FOUND'], [{ actions: [], on_complete_flow_id: 'x' }, 'INVALID_ID'],
  ])('a start with %j is refused with %s, where a detail points', async (body, wanted) => {
    const answer = await t.ask('POST', '/activeflows', { body });
    expect(reason(answer)).toBe(wanted);
    expect(answer.body.error.details[0].pointer).toMatch(/^\//);
  });

  test('stop: ended where it stood; once more is 200 and changes nothing', async () => {
    const { id } = await blocked();
    const stopped = (await ask('POST', id, '/stop')).body;
    expect(stopped).toMatchObject({ status: 'ended', end_reason: 'canceled', current_action: { type: 'block' }, waiting_for: null });
    await advance(1_000);
    const again = await ask('POST', id, '/stop');
    expect([again.status, again.body]).toEqual([200, stopped]);
    expect((await ask('GET', id, '/history')).body.result.filter(({ kind }: { kind: string }) => kind === 'ended')).toHaveLength(1);
  });

  test('what has ended: 409 ACTIVEFLOW_ENDED for everything that would change it', async () => {
    const { id, current_action } = await blocked();
    await ask('POST', id, '/stop');
    const before = (await ask('GET', id, '')).body;
    const tries: readonly (readonly [string, string, object])[] = [
      ['PUT', '', { webhook_uri: 'https://example.com/' }], ['PUT', '/variables', { variables: { a: '1' } }], ['POST', '/continue', { current_action_id: current_action.id }],
      ['PUT', '/forward_action_id', { forward_action_id: current_action.id }], ['POST', '/push_actions', { actions: [{ type: 'answer' }] }], ['POST', '/add_actions', { actions: [{ type: 'answer' }] }],
      ['POST', '/pause', {}], ['POST', '/resume', {}],
    ];
    for (const [method, what, body] of tries) {
      const answer = await ask(method, id, what, body);
      expect([answer.status, reason(answer)], what).toEqual([409, 'ACTIVEFLOW_ENDED']);
    }
    expect((await ask('GET', id, '')).body).toEqual(before);
  });

  test('delete: a running one is stopped first, and then it is nowhere', async () => {
    const { id } = await blocked();
    expect((await ask('DELETE', id, '')).body).toMatchObject({ status: 'ended', end_reason: 'canceled', tm_delete: expect.not.stringMatching(/^9999/) });
    for (const [method, what] of [['GET', ''], ['DELETE', ''], ['POST', '/stop'], ['GET', '/history'], ['GET', '/stack'], ['GET', '/variables'], ['POST', '/pause']] as const) {
      expect(reason(await ask(method, id, what)), what).toBe('ACTIVEFLOW_NOT_FOUND');
    }
    expect(JSON.stringify((await t.ask('GET', '/activeflows')).body)).not.toContain(id);
  });

  test('continue wakes a block, and only the one that it names', async () => {
    const { id, current_action } = await blocked([{ type: 'block' }]);
    expect(reason(await ask('POST', id, '/continue', { current_action_id: randomUUID() }))).toBe('STATE_INVALID');
    expect(reason(await ask('POST', id, '/continue', {}))).toBe('MISSING_REQUEST_PARAMETER');
    expect(reason(await ask('POST', id, '/continue', { current_action_id: 'x' }))).toBe('INVALID_ID');
    const woken = (await ask('POST', id, '/continue', { current_action_id: current_action.id.toUpperCase() })).body;
    expect(woken.current_action).toMatchObject({ type: 'block' });
    expect(woken.current_action.id).not.toBe(current_action.id);
    expect(reason(await ask('POST', id, '/continue', { current_action_id: current_action.id }))).toBe('STATE_INVALID');
  });

  test('forward: at the next move, or now', async () => {
    const { id, pending_actions: [, second, third] } = await blocked([{ type: 'answer' }, { id: 'b', type: 'block' }, { id: 'c', type: 'block' }]);
    const later = (await ask('PUT', id, '/forward_action_id', { forward_action_id: third.id })).body;
    expect(later).toMatchObject({ forward_action_id: third.id, current_action: { type: 'block' } });
    expect(reason(await ask('PUT', id, '/forward_action_id', { forward_action_id: randomUUID() }))).toBe('INVALID_ACTION_TARGET');
    expect(reason(await ask('PUT', id, '/forward_action_id', {}))).toBe('MISSING_REQUEST_PARAMETER');
    const moved = (await ask('POST', id, '/continue', { current_action_id: later.current_action.id })).body;
    expect(moved).toMatchObject({ current_action: { id: third.id }, forward_action_id: NONE });
    expect((await ask('PUT', id, '/forward_action_id', { forward_action_id: second.id, forward_now: true })).body).toMatchObject({ current_action: { id: second.id }, forward_action_id: NONE });
  });

  test('push runs actions first, in a frame of their own; add puts them behind the current one', async () => {
    const { id, current_action } = await blocked([{ id: 'last', type: 'block' }]);
    const set = (value: string) => ({ type: 'variable_set', option: { key: 'order', value: `\${order}${value}` } });
    expect((await ask('POST', id, '/add_actions', { actions: [set('b')] })).body.pending_actions.map(({ type }: { type: string }) => type)).toEqual(['variable_set', 'block']);
    const pushed = (await ask('POST', id, '/push_actions', { actions: [set('a')] })).body;
    expect(pushed.pending_actions.map(({ type }: { type: string }) => type)).toEqual(['variable_set', 'variable_set', 'block']);
    expect((await ask('GET', id, '/stack')).body.frames).toHaveLength(2);
    await ask('POST', id, '/continue', { current_action_id: current_action.id });
    expect((await ask('GET', id, '/variables')).body.variables.order).toBe('ab');
    expect(reason(await ask('POST', id, '/push_actions', { actions: [{ type: 'teleport' }] }))).toBe('INVALID_ACTION_TYPE');
    expect(reason(await ask('POST', id, '/add_actions', { actions: 'x' }))).toBe('INVALID_JSON_BODY');
    expect(reason(await ask('POST', id, '/push_actions', {}))).toBe('INVALID_JSON_BODY');
  });

  test('pause keeps results and lets deadlines go on; resume goes on', async () => {
    const { id } = await at((await start([{ type: 'sleep', option: { duration: 1_000 } }, { type: 'block' }])).id);
    expect((await ask('POST', id, '/pause')).body).toMatchObject({ paused: true, status: 'running' });
    expect((await ask('POST', id, '/pause')).status).toBe(200);
    await advance(2_000);
    expect((await ask('GET', id, '')).body).toMatchObject({ paused: true, current_action: { type: 'sleep' } });
    expect((await ask('POST', id, '/resume')).body.paused).toBe(false);
    await t.until(`/activeflows/${id}`, ({ current_action }) => current_action.type === 'block');
  });

  test('variables are merged, removed by null, and the system\'s are nobody\'s to write', async () => {
    const { id } = await blocked([], { variables: { a: '1', b: '2' } });
    expect((await ask('PUT', id, '/variables', { variables: { a: null, c: '3' } })).body.variables).toMatchObject({ b: '2', c: '3' });
    expect((await ask('GET', id, '/variables')).body.variables).not.toHaveProperty('a');
    for (const variables of [{ 'voipbin.x': 'y' }, { 'VoipBin.x': 'y' }, { a: 5 }, 'x', []]) expect(reason(await ask('PUT', id, '/variables', { variables })), JSON.stringify(variables)).toBe('INVALID_VARIABLES');
    expect((await ask('PUT', id, '/variables', { variables: {} })).status).toBe(200);
  });

  test('the configuration changes while it runs', async () => {
    const flow = (await t.ask('POST', '/flows', { body: { actions: [] } })).body;
    const { id } = await blocked([], { webhook_uri: 'https://example.com/a', webhook_method: 'PUT' });
    expect((await ask('PUT', id, '', { on_complete_flow_id: flow.id })).body).toMatchObject({ on_complete_flow_id: flow.id, webhook_uri: 'https://example.com/a', webhook_method: 'PUT' });
    expect((await ask('PUT', id, '', { webhook_uri: 'https://example.com/b' })).body).toMatchObject({ on_complete_flow_id: flow.id, webhook_uri: 'https://example.com/b', webhook_method: 'PUT' });
    expect((await ask('PUT', id, '', { on_complete_flow_id: NONE })).body.on_complete_flow_id).toBe(NONE);
    expect(reason(await ask('PUT', id, '', { webhook_method: 'x' }))).toBe('INVALID_WEBHOOK_METHOD');
  });

  test('If-Match: every change takes it, and another version is 409 VERSION_CONFLICT', async () => {
    const { id, current_action, version } = await blocked([{ id: 'b', type: 'block' }]);
    const tries: readonly (readonly [string, string, object])[] = [
      ['PUT', '', { webhook_uri: '' }], ['PUT', '/variables', { variables: { a: '1' } }], ['POST', '/continue', { current_action_id: current_action.id }],
      ['PUT', '/forward_action_id', { forward_action_id: current_action.id }], ['POST', '/push_actions', { actions: [{ type: 'block' }] }], ['POST', '/add_actions', { actions: [{ type: 'block' }] }],
      ['POST', '/pause', {}], ['POST', '/resume', {}], ['POST', '/stop', {}], ['DELETE', '', {}],
    ];
    for (const [method, what, body] of tries) {
      const answer = await ask(method, id, what, body, { headers: { 'if-match': `"${version + 7}"` } });
      expect([answer.status, reason(answer)], `${method} ${what}`).toEqual([409, 'VERSION_CONFLICT']);
    }
    expect((await ask('GET', id, '')).body.version).toBe(version);
    expect((await ask('PUT', id, '/variables', { variables: { a: '1' } }, { headers: { 'if-match': `"${version}"` } })).status).toBe(200);
    expect(reason(await ask('PUT', id, '/variables', { variables: { a: '2' } }, { headers: { 'if-match': `"${version}"` } }))).toBe('VERSION_CONFLICT');
    expect((await ask('PUT', id, '/variables', { variables: { a: '3' } }, { headers: { 'if-match': '*' } })).status).toBe(200);
    expect(reason(await ask('POST', id, '/pause', {}, { headers: { 'if-match': '"one"' } }))).toBe('INVALID_REQUEST_PARAMETER');
  });

  test('of 20 that race with one If-Match, one wins', async () => {
    const { id, version } = await blocked();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask('PUT', id, '/variables', { variables: { winner: String(i) } }, { headers: { 'if-match': `"${version}"` } })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => reason(answer) === 'VERSION_CONFLICT')).toHaveLength(19);
  });

  test('of 50 that write at once without one, none is lost', async () => {
    const { id } = await blocked();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask('PUT', id, '/variables', { variables: { [`v${i}`]: String(i) } })));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const { variables } = (await ask('GET', id, '/variables')).body;
    expect(Object.keys(variables).filter((name) => /^v\d/.test(name))).toHaveLength(50);
  });

  test('history tells each step and each change, with cause; it is walked by pages', async () => {
    const { id, current_action } = await blocked([{ type: 'variable_set', option: { key: 'k', value: 'v' } }, { type: 'stop' }]);
    await ask('PUT', id, '/variables', { variables: { a: '1' } }, { headers: { 'x-request-id': 'who-changed-it' } });
    await ask('POST', id, '/continue', { current_action_id: current_action.id });
    const all = (await ask('GET', id, '/history')).body.result as { number: number; kind: string; result: string; variables: object; cause: { by: string; ref: string }; action: { type: string } | null; began: string; ended: string }[];
    expect(all.map(({ kind, action }) => action?.type ?? kind)).toEqual(['created', 'block', 'variables_set', 'variable_set', 'stop', 'ended']);
    expect(all[1]).toMatchObject({ result: 'done', cause: { by: 'api' } });
    expect(all[2]).toMatchObject({ variables: { a: '1' }, cause: { by: 'api', ref: 'who-changed-it' } });
    expect(all[3]).toMatchObject({ result: 'done', variables: { k: 'v' } });
    expect(all.every(({ began, ended }) => began <= ended)).toBe(true);
    const walked: unknown[] = [];
    for (let token = ''; ;) {
      const { body } = await ask('GET', id, `/history?page_size=1&page_token=${token}`);
      walked.push(...body.result);
      if (body.next_page_token === '') break;
      token = body.next_page_token as string;
    }
    expect(walked).toEqual(all);
  });

  test('a flow: changes make revisions, what runs keeps its own, and a deleted one is gone', async () => {
    const flow = (await t.ask('POST', '/flows', { body: { name: 'f', actions: [{ type: 'block' }, { type: 'variable_set', option: { key: 'r', value: '1' } }] } })).body;
    expect(flow).toMatchObject({ type: 'flow', revision: 1, on_complete_flow_id: NONE, tm_update: expect.stringMatching(/^9999/), tm_delete: expect.stringMatching(/^9999/) });
    const run = (await t.ask('POST', '/activeflows', { body: { flow_id: flow.id } })).body;
    const changed = (await t.ask('PUT', `/flows/${flow.id}`, { body: { actions: [{ type: 'variable_set', option: { key: 'r', value: '2' } }] } })).body;
    expect(changed).toMatchObject({ id: flow.id, name: 'f', revision: 2 });
    expect(reason(await t.ask('PUT', `/flows/${flow.id}`, { body: { name: 'x' }, headers: { 'if-match': '"1"' } }))).toBe('VERSION_CONFLICT');
    expect((await t.ask('GET', `/flows/${flow.id}/revisions`)).body.result.map(({ revision }: { revision: number }) => revision)).toEqual([2, 1]);
    expect((await t.ask('GET', `/flows/${flow.id}/revisions/1`)).body).toMatchObject({ id: flow.id, revision: 1, actions: flow.actions });
    expect(reason(await t.ask('GET', `/flows/${flow.id}/revisions/3`))).toBe('REVISION_NOT_FOUND');
    expect((await t.ask('DELETE', `/flows/${flow.id}`)).body.tm_delete).not.toMatch(/^9999/);
    for (const [method, path] of [['GET', ''], ['PUT', ''], ['DELETE', ''], ['GET', '/revisions'], ['GET', '/revisions/1']] as const) expect(reason(await t.ask(method, `/flows/${flow.id}${path}`)), path).toBe('FLOW_NOT_FOUND');
    expect(reason(await t.ask('POST', '/activeflows', { body: { flow_id: flow.id } }))).toBe('FLOW_NOT_FOUND');
    const { current_action } = await at(run.id);
    await ask('POST', run.id, '/continue', { current_action_id: current_action.id });
    expect((await ask('GET', run.id, '/variables')).body.variables.r).toBe('1');
  });

  test('of 12 changes of a flow at once, each that is answered 200 is a revision of its own', async () => {
    const flow = (await t.ask('POST', '/flows', { body: { name: 'f' } })).body;
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => t.ask('PUT', `/flows/${flow.id}`, { body: { name: `n${i}` } })));
    const won = answers.filter(({ status }) => status === 200).map(({ body }) => body.revision as number);
    expect(new Set(won).size).toBe(won.length);
    expect((await t.ask('GET', `/flows/${flow.id}/revisions`)).body.result).toHaveLength(won.length + 1);
    expect((await t.ask('GET', `/flows/${flow.id}`)).body.revision).toBe(won.length + 1);
  });
});
