// The client against a real server: what it sends is understood, what it gives is what the server says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from 'activeflow/internal/config';
import { startServer, type Server } from 'activeflow/internal/main';
import { ActiveflowError, createClient, type Client } from './index.js';

const access_key = `af_${'k'.repeat(40)}`;
const SLEEP = { type: 'sleep', option: { duration: 3_600_000 } };

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer(readConfig({
    ACTIVEFLOW_STORE: 'memory:', ACTIVEFLOW_PORT: '0', ACTIVEFLOW_LOG: 'silent', ACTIVEFLOW_ACCESS_KEY: access_key, ACTIVEFLOW_SIMULATOR: 'true',
  }));
  client = createClient({ base_url: server.url, access_key });
});
afterAll(() => server.close());

const failure = async (work: Promise<unknown>): Promise<ActiveflowError> => {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ActiveflowError);
  return error as ActiveflowError;
};

describe('flows', () => {
  test('are made, read, changed, validated and deleted; a revision stays', async () => {
    const made = await client.flows.create({ name: 'first', actions: [{ type: 'variable_set', option: { key: 'a', value: '1' } }] });
    expect(await client.flows.get(made.id)).toEqual(made);
    const changed = await client.flows.update(made.id, { name: 'second' }, { if_match: 1 });
    expect(changed).toMatchObject({ name: 'second', revision: 2, actions: made.actions });
    expect((await failure(client.flows.update(made.id, { name: 'third' }, { if_match: 1 }))).reason).toBe('VERSION_CONFLICT');
    expect(await client.flows.revision(made.id, 1)).toMatchObject({ name: 'first', revision: 1 });
    expect((await client.flows.revisions(made.id).page()).result.map(({ revision }) => revision)).toEqual([2, 1]);
    expect(await client.flows.validate({ actions: [{ type: 'nonsense' }] })).toMatchObject({ valid: false, errors: [{ pointer: '/actions/0/type' }] });
    expect((await client.flows.delete(made.id)).tm_delete).not.toContain('9999');
    expect(await failure(client.flows.get(made.id))).toMatchObject({ reason: 'FLOW_NOT_FOUND', status: 'NOT_FOUND', http_status: 404 });
  });

  test('are walked a page at a time, each once, newest first', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `walk ${index}`);
    for (const name of names) await client.flows.create({ name });
    const seen: string[] = [];
    for await (const { name } of client.flows.list({ page_size: 2 })) seen.push(name);
    expect(seen).toEqual(names.toReversed());
    const sizes: number[] = [];
    for await (const { result } of client.flows.list({ page_size: 2 }).pages()) sizes.push(result.length);
    expect(sizes).toEqual([2, 2, 2, 1, 0]);
    const first = await client.flows.list({ page_size: 3 }).page();
    expect((await client.flows.list({ page_size: 3 }).page(first.next_page_token)).result[0]?.name).toBe('walk 3');
  });

  test('a list that is left early asks for no page more', async () => {
    for (const name of ['last', 'middle', 'first']) await client.flows.create({ name });
    let asked = 0;
    const counting = createClient({ base_url: server.url, access_key, fetch: (...args) => { asked++; return fetch(...args); } });
    for await (const { name } of counting.flows.list({ page_size: 2 })) if (name === 'middle') break;
    expect(asked).toBe(1);
  });
});

describe('activeflows', () => {
  test('every control operation', async () => {
    const born = await client.activeflows.start({ actions: [{ type: 'block' }, SLEEP, { type: 'stop' }], variables: { who: 'me' }, name: 'controlled' });
    expect(born).toMatchObject({ status: 'running', name: 'controlled', reference_type: 'api' });
    const { id } = born;
    const at = async () => (await client.activeflows.get(id)).current_action;
    await expect.poll(async () => (await at()).type, { timeout: 20_000 }).toBe('block');
    expect(await client.activeflows.setVariables(id, { more: '2', who: null })).toMatchObject({ more: '2' });
    expect(await client.activeflows.variables(id)).not.toHaveProperty('who');
    expect((await client.activeflows.pause(id)).paused).toBe(true);
    expect((await client.activeflows.resume(id)).paused).toBe(false);
    expect((await client.activeflows.configure(id, { webhook_uri: 'https://example.com/hook' })).webhook_method).toBe('POST');
    const added = await client.activeflows.addActions(id, [{ type: 'empty' }]);
    expect(added.pending_actions.map(({ type }) => type)).toEqual(['empty', 'sleep', 'stop']);
    expect((await client.activeflows.pushActions(id, [{ type: 'block', option: { timeout: 60_000 } }])).status).toBe('running');
    const moved = await client.activeflows.continue(id, (await at()).id);
    expect(moved.current_action).toMatchObject({ type: 'block', option: { timeout: 60_000 } });
    expect((await client.activeflows.stack(id)).frames).toHaveLength(2);
    const slept = await client.activeflows.forward(id, added.pending_actions[1]?.id ?? '', { forward_now: true });
    expect(slept.current_action.type).toBe('sleep');
    expect(await failure(client.activeflows.stop(id, { if_match: slept.version - 1 }))).toMatchObject({ reason: 'VERSION_CONFLICT', http_status: 409 });
    expect(await client.activeflows.stop(id, { if_match: slept.version })).toMatchObject({ status: 'ended', end_reason: 'canceled' });
    expect((await client.activeflows.stop(id)).end_reason).toBe('canceled');
    const kinds: string[] = [];
    for await (const { kind } of client.activeflows.history(id, { page_size: 3 })) kinds.push(kind);
    expect(kinds).toEqual(['created', 'step', 'variables_set', 'paused', 'resumed', 'configured', 'added', 'pushed', 'step', 'forwarded', 'step', 'ended']);
    expect((await client.activeflows.delete(id)).id).toBe(id);
    expect((await failure(client.activeflows.get(id))).reason).toBe('ACTIVEFLOW_NOT_FOUND');
  });

  test('the same Idempotency-Key gives the first answer, with another body an error', async () => {
    const options = { idempotency_key: 'once' };
    const first = await client.activeflows.start({ actions: [SLEEP] }, options);
    expect((await client.activeflows.start({ actions: [SLEEP] }, options)).id).toBe(first.id);
    expect(await failure(client.activeflows.start({ actions: [] }, options))).toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED', status: 'ALREADY_EXISTS' });
  });

  test('are filtered', async () => {
    const { id } = await client.activeflows.start({ actions: [SLEEP], variables: { order: '4711' } });
    await client.activeflows.start({ actions: [SLEEP], variables: { order: '4712' } });
    const ids: string[] = [];
    for await (const found of client.activeflows.list({ status: 'running', variables: { order: '4711' } })) ids.push(found.id);
    expect(ids).toEqual([id]);
  });
});

describe('webhook deliveries', () => {
  test('are listed by what they tell and of whom, read with their body, and sent again', async () => {
    // Private addresses are refused here, so each delivery fails at once and for good.
    const { id } = await client.activeflows.start({ actions: [SLEEP], webhook_uri: 'http://127.0.0.1:9/hook' });
    const query = { activeflow_id: id, type: 'activeflow_created', status: 'failed' } as const;
    const failed = async () => (await client.webhookDeliveries.list(query).page()).result;
    await expect.poll(async () => (await failed()).length, { timeout: 20_000 }).toBe(1);
    const [listed] = await failed();
    expect(listed).toMatchObject({ activeflow_id: id, type: 'activeflow_created', status: 'failed' });
    expect(await client.webhookDeliveries.get(listed?.id ?? '')).toMatchObject({ id: listed?.id, status: 'failed' });
    expect(await client.webhookDeliveries.replay(listed?.id ?? '')).toMatchObject({ id: listed?.id });
    expect((await failure(client.webhookDeliveries.get('00000000-0000-4000-8000-000000000000'))).http_status).toBe(404);
  });
});

describe('errors', () => {
  test('tell where, by JSON pointer, and which request', async () => {
    const error = await failure(client.flows.create({ actions: [{ type: 'nonsense' }, { type: 'goto', option: { target_id: 'nowhere' } }] }));
    expect(error).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'INVALID_ARGUMENT', http_status: 400 });
    expect(error.details.map(({ pointer }) => pointer)).toEqual(['/actions/0/type', '/actions/1/option/target_id']);
    expect(error.request_id).toMatch(/^req_/);
  });

  test('no credentials, wrong ones', async () => {
    expect((await failure(createClient({ base_url: server.url }).flows.list().page())).reason).toBe('AUTHENTICATION_REQUIRED');
    const wrong = createClient({ base_url: server.url, access_key: `af_${'x'.repeat(40)}` });
    expect(await failure(wrong.flows.list().page())).toMatchObject({ reason: 'INVALID_CREDENTIALS', http_status: 401 });
  });

  test('an id is escaped: it leads nowhere else', async () => {
    expect((await failure(client.flows.get('../activeflows'))).reason).toBe('INVALID_ID');
  });
});
