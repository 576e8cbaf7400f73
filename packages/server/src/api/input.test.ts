// What comes in: bounds, wrong types, several faults at once, partial bodies, unknown fields, and characters that no database can hold.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describedRoutes } from './openapi.js';
import { EXAMPLES } from './examples.js';
import { startTest, STORES, type Tested } from './testing/server.js';

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe.each(STORES)('input on %s', (store) => {
  let t: Tested;
  beforeAll(async () => { t = await startTest(store); });
  afterAll(() => t.close());
  const count = async () => (await t.ask('GET', '/flows')).body.result.length as number;

  describe('a body that cannot be read', () => {
    const BAD: Record<string, string | Uint8Array> = {
      'of 2 MiB': JSON.stringify({ name: 'x'.repeat(2 * 1024 * 1024) }),
      'one byte over 1 MiB': `{"name":"${'x'.repeat(1024 * 1024 - 10)}"}`,
      'nested 100 deep': `{"detail":${nested(100)}}`,
      'nested 65 deep': nested(65),
      'nested 100,000 deep': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      'with __proto__': '{"name":"x","__proto__":{"admin":true}}',
      'with __proto__ deep inside': '{"actions":[{"type":"talk","option":{"__proto__":{"x":1}}}]}',
      'with __proto__ written as an escape': '{"\\u005f_proto__":{"x":1}}',
      'with constructor': '{"constructor":{"prototype":{"x":1}}}',
      'with 1,001 keys': JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`k${i}`, i]))),
      'with 10,001 items': JSON.stringify({ x: Array(10_001).fill(0) }),
      'that is not UTF-8': Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
      'with an overlong form': Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
      'in UTF-16': Buffer.from('{"name":"x"}', 'utf16le'),
      'that is no JSON': '{name: x}', 'that stops in the middle': '{"name":"x"', 'with two values': '{} {}', 'that is a list': '[]', 'that is text': '"x"', 'that is null': 'null', 'that is a number': '1e999',
    };
    test.each(Object.entries(BAD))('%s: 400, and nothing is stored', async (_, raw) => {
      const before = await count();
      const answer = await t.ask('POST', '/flows', { raw });
      expect(answer.status).toBe(400);
      expect(answer.body.error.reason).toBe('INVALID_JSON_BODY');
      expect(await count()).toBe(before);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    });

    test('of exactly the bounds is read', async () => {
      expect((await t.ask('POST', '/flows', { raw: `{"x":${nested(63)}}` })).status).toBe(200);
      expect((await t.ask('POST', '/flows', { raw: JSON.stringify({ x: Array(10_000).fill(0), ...Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`k${i}`, i])) }) })).status).toBe(200);
    });

    test('sent as a form, or without a type, is read as JSON all the same', async () => {
      for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-8', 'multipart/form-data']) {
        expect((await t.ask('POST', '/flows', { raw: '{"name":"typed"}', headers: { 'content-type': type } })).body.name, type).toBe('typed');
      }
    });
  });

  test.each([['name', 5], ['detail', null], ['actions', {}], ['actions', 'x'], ['on_complete_flow_id', []]])('%s of a wrong type: 400 INVALID_JSON_BODY at its pointer', async (field, value) => {
    const { status, body } = await t.ask('POST', '/flows', { body: { [field]: value } });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ reason: 'INVALID_JSON_BODY', details: [{ pointer: `/${field}`, reason: 'INVALID_JSON_BODY' }] });
  });

  test('four faults of a flow are named at once, and nothing is stored', async () => {
    const before = await count();
    const actions = [
      { id: 'a', type: 'branch', option: { target_ids: { 1: 'nowhere' } } }, { id: 'twice', type: 'answer' }, { id: 'twice', type: 'answer' },
      { type: 'digits_receive', option: { length: 'three' } }, { type: 'teleport' },
    ];
    for (const [path, body] of [['/flows', { actions }], ['/activeflows', { actions }], ['/simulator/calls', { actions }], ['/calls', { destinations: [{ target: '+1' }], actions }]] as const) {
      const { status, body: { error } } = await t.ask('POST', path, { body });
      expect(status).toBe(400);
      expect(error.reason).toBe('INVALID_ARGUMENT');
      expect(error.details.map(({ pointer, reason }: { pointer: string; reason: string }) => [pointer, reason])).toEqual([
        ['/actions/0/option/target_ids/1', 'INVALID_ACTION_TARGET'], ['/actions/2/id', 'DUPLICATE_ACTION_ID'],
        ['/actions/3/option/length', 'INVALID_ACTION_OPTION'], ['/actions/4/type', 'INVALID_ACTION_TYPE'],
      ]);
    }
    expect(await count()).toBe(before);
    const checked = (await t.ask('POST', '/flows/validate', { body: { actions } })).body;
    expect(checked).toMatchObject({ valid: false });
    expect(checked.errors).toHaveLength(4);
  });

  test('one kind of fault alone is the reason itself', async () => {
    const reason = async (actions: unknown) => (await t.ask('POST', '/flows', { body: { actions } })).body.error.reason as string;
    expect(await reason([{ type: 'teleport' }])).toBe('INVALID_ACTION_TYPE');
    expect(await reason([{ type: 'sleep', option: { duration: 'long' } }])).toBe('INVALID_ACTION_OPTION');
    expect(await reason([{ type: 'goto', option: { target_id: 'x' } }])).toBe('INVALID_ACTION_TARGET');
    expect(await reason([{ id: '00000000-0000-0000-0000-000000000001', type: 'answer' }])).toBe('INVALID_ID');
    expect(await reason(Array(2_001).fill({ type: 'answer' }))).toBe('INVALID_ARGUMENT');
  });

  test('unknown fields are ignored in a body, and kept in an option', async () => {
    const { body } = await t.ask('POST', '/flows', { body: { name: 'n', colour: 'red', actions: [{ type: 'talk', option: { text: 'x', gender: 'female', deep: { er: [1] } }, colour: 'red' }] } });
    expect(body).not.toHaveProperty('colour');
    expect(body.actions[0]).not.toHaveProperty('colour');
    expect(body.actions[0].option).toEqual({ text: 'x', gender: 'female', deep: { er: [1] } });
  });

  test('ids that are no UUIDs are mapped in every place that names them', async () => {
    const { body: { actions } } = await t.ask('POST', '/flows', { body: { actions: [
      { id: 'menu', next_id: 'end', type: 'branch', option: { target_ids: { 1: 'menu', 2: 'end' }, default_target_id: 'end' } }, { id: 'end', type: 'stop' },
    ] } });
    expect(actions[0].id).toMatch(/^[0-9a-f-]{36}$/);
    expect(actions[0]).toMatchObject({ next_id: actions[1].id, option: { target_ids: { 1: actions[0].id, 2: actions[1].id }, default_target_id: actions[1].id } });
  });

  describe('partial bodies of PUT', () => {
    const puts = describedRoutes().filter(({ method, body }) => method === 'PUT' && body);
    const id = async (path: string): Promise<string> => {
      const [, resource = ''] = path.split('/');
      const make: Record<string, [string, object]> = {
        flows: ['/flows', { name: 'kept', detail: 'kept', actions: [{ type: 'answer' }] }], activeflows: ['/activeflows', { actions: [{ id: 'here', type: 'block' }, { id: 'there', type: 'answer' }] }],
        numbers: ['/numbers', { number: `+1${Math.floor(performance.now() * 1000)}`, name: 'kept' }], accesskeys: ['/accesskeys', { name: 'kept' }], customer: ['/flows', {}],
        extensions: ['/extensions', { extension: `x${Math.floor(performance.now() * 1000)}`, name: 'kept' }], trunks: ['/trunks', EXAMPLES['createTrunk']!], queues: ['/queues', EXAMPLES['createQueue']!],
      };
      return (await t.ask('POST', make[resource]![0], { body: make[resource]![1] })).body.id as string;
    };

    test.each(puts.map(({ path, body }) => [path, Object.keys(body!.properties)] as const))('%s: no missing field is a 400', async (path, fields) => {
      const url = path.replace('{id}', await id(path));
      const needed = path.endsWith('forward_action_id');
      const before = (await t.ask('GET', url.replace(/\/(flow_ids|forward_action_id)$/, ''))).body;
      // What a client must say to be understood at all is asked for by its own reason.
      const empty = await t.ask('PUT', url, { body: {} });
      expect(empty.status === 200 || (needed && empty.body.error.reason === 'MISSING_REQUEST_PARAMETER')).toBe(true);
      expect((await t.ask('PUT', url, {})).status).toBe(empty.status);
      for (const field of fields) {
        const value = before[field];
        // The variables that are read include the system's, which nobody may write.
        if (value === undefined || needed || field === 'variables') continue;
        expect((await t.ask('PUT', url, { body: { [field]: value } })).status, field).toBe(200);
      }
      const after = (await t.ask('GET', url.replace(/\/(flow_ids|forward_action_id)$/, ''))).body;
      for (const field of fields) if (!['actions', 'variables'].includes(field)) expect(after[field], field).toEqual(before[field]);
    });
  });

  describe('U+0000', () => {
    const NUL = '\0';
    const bodies: readonly (readonly [string, string, object])[] = [
      ['POST', '/activeflows', { flow_id: NUL }], ['POST', '/activeflows', { id: NUL, actions: [] }], ['POST', '/activeflows', { id: `11111111-1111-4111-8111-11111111111${NUL}`, actions: [] }],
      ['POST', '/activeflows', { actions: [], on_complete_flow_id: NUL }], ['POST', '/numbers', { number: NUL }], ['POST', '/numbers', { number: `+1${NUL}` }], ['POST', '/numbers', { number: '+1555', call_flow_id: NUL }],
      ['POST', '/simulator/calls', { number: NUL }], ['POST', '/simulator/calls', { flow_id: NUL }], ['POST', '/simulator/messages', { number: NUL, text: 'x' }], ['POST', '/calls', { destinations: [{ target: '+1' }], flow_id: NUL }],
      ['POST', '/flows', { on_complete_flow_id: NUL }], ['POST', '/flows', { actions: [{ type: NUL }] }], ['POST', '//auth/login', { username: NUL, password: NUL }], ['POST', '/accesskeys', { tm_expire: NUL }],
    ];
    test.each(bodies)('%s %s %j: a clean 4xx', async (method, path, body) => {
      const { status } = await t.ask(method, path, { body });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    });

    test.each([
      '/activeflows/%00', '/flows/%00', '/calls/1111%00', '/activeflows?reference_id=%00', '/activeflows?flow_id=%00', '/activeflows?status=%00', '/activeflows?reference_type=%00', '/activeflows?variable.a=%00',
      '/activeflows?variable.%00=a', '/activeflows?page_token=%00', '/activeflows?page_size=%00', '/activeflows?created_after=%00', '/flows?page_token=2023-04-02%2013:43:30.576077~%00',
    ])('GET %s: a clean 4xx, or a list of nothing', async (path) => {
      const { status, body } = await t.ask('GET', path);
      if (status === 200) expect(body.result).toEqual([]);
      else expect(status).toBeLessThan(500);
    });

    test('in a variable that a filter asks for', async () => {
      const { id } = (await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }], variables: { nul: `a${NUL}b` } } })).body as { id: string };
      expect((await t.ask('GET', '/activeflows?variable.nul=a%00b')).body.result).toMatchObject([{ id }]);
      expect((await t.ask('GET', '/activeflows?variable.nul=a')).body.result).toEqual([]);
    });

    test('in a revision number, in texts and in variables', async () => {
      const flow = (await t.ask('POST', '/flows', { body: { name: NUL, detail: NUL, actions: [{ type: 'talk', option: { text: NUL, [NUL]: NUL } }] } })).body;
      expect(flow.name).toBe(NUL);
      expect((await t.ask('GET', `/flows/${flow.id}/revisions/%00`)).body.error.reason).toBe('REVISION_NOT_FOUND');
      const run = await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }], variables: { a: NUL, [`b${NUL}`]: 'x' }, name: NUL, webhook_uri: '' } });
      expect(run.status).toBe(200);
      expect((await t.ask('GET', `/activeflows/${run.body.id}/variables`)).body.variables).toMatchObject({ a: NUL });
    });

    test('in headers: refused before it comes to anything', async () => {
      const raw = await new Promise<string>((resolve, reject) => {
        const { port } = new URL(t.url);
        const socket = connect(Number(port), '127.0.0.1', () => { socket.end(`POST /v1.0/flows HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${t.key}\r\nidempotency-key: a\0b\r\ncontent-length: 2\r\n\r\n{}`); });
        let text = '';
        socket.on('data', (chunk) => { text += String(chunk); }).on('close', () => { resolve(text); }).on('error', reject);
      });
      expect(raw).toMatch(/^HTTP\/1\.1 400/);
      expect(JSON.parse(raw.split('\r\n\r\n')[1]!)).toMatchObject({ error: { status: 'INVALID_ARGUMENT', reason: 'INVALID_ARGUMENT', request_id: /x-request-id: (\S+)/.exec(raw)![1] } });
    });
  });

  test('lone surrogates and all of Unicode come back as they were', async () => {
    const name = '\ud800 😀 \u202e \uffff é';
    expect((await t.ask('POST', '/flows', { raw: JSON.stringify({ name }) })).body.name).toBe(name);
  });

  test('ids in upper case are read, and answered in lower case', async () => {
    const { id } = (await t.ask('POST', '/flows', { body: {} })).body as { id: string };
    expect((await t.ask('GET', `/flows/${id.toUpperCase()}`)).body.id).toBe(id);
    expect((await t.ask('POST', '/activeflows', { body: { flow_id: id.toUpperCase() } })).body.flow_id).toBe(id);
    expect((await t.ask('GET', '/flows/xyz')).body.error.reason).toBe('INVALID_ID');
  });

  test('unknown routes and methods are 404 ROUTE_NOT_FOUND, without credentials', async () => {
    for (const [method, path] of [['GET', '/nothing'], ['PATCH', '/flows'], ['DELETE', '/flows'], ['POST', '//'], ['GET', '//v2/flows'], ['GET', '/flows/a/b/c'], ['GET', '/%ff']] as const) {
      const answer = await t.ask(method, path, { key: null });
      expect(answer.body.error?.reason, `${method} ${path}`).toBe('ROUTE_NOT_FOUND');
    }
  });

  test('an X-Request-Id of a good form is taken over, any other replaced', async () => {
    expect((await t.ask('GET', '/me', { headers: { 'x-request-id': 'mine-1_A' } })).headers.get('x-request-id')).toBe('mine-1_A');
    for (const bad of ['x'.repeat(65), 'a b', 'a\tb', '<script>', '']) {
      expect((await t.ask('GET', '/me', { headers: { 'x-request-id': bad } })).headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    }
  });

  test('every example of the reference does what it shows', async () => {
    const routes = describedRoutes();
    for (const [operation, body] of Object.entries(EXAMPLES)) {
      const row = routes.find((one) => one.operation === operation);
      expect(row, operation).toBeDefined();
      if (row!.path.includes('{') || operation === 'login') continue;
      expect((await t.ask(row!.method, row!.path, { body })).status, operation).toBe(200);
    }
  });
});
