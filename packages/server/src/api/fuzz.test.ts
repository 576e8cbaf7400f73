// The description, taken at its word: for each operation, requests made of its schema, right and wrong. No 5xx, no status or reason that is not
// written there, and every answer of the shape that is (the test client checks each). `npm run fuzz -- --count 500 --seed 1`.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain, type JsonSchema } from './action-schemas.js';
import { EXAMPLES } from './examples.js';
import { describedRoutes, openapi } from './openapi.js';
import type { Route } from './route.js';
import { anything, chance, fromSchema, type Source } from './testing/generate.js';
import { startTest, type Asked, type Body, type Tested } from './testing/server.js';

const COUNT = Number(process.env['FUZZ_COUNT'] ?? 40);
/** The same everywhere, so that a red run is the change's and not chance's; `npm run fuzz -- --seed` tries others. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const AT_ONCE = 8;

type Parameter = { readonly name: string; readonly in: string; readonly schema: JsonSchema };
type Made = { readonly method: string; readonly path: string } & Asked;

const description = plain(openapi(describedRoutes())) as { paths: Record<string, Record<string, Body>>; components: { schemas: Record<string, JsonSchema>; parameters: Record<string, Parameter> } };

describe(`requests made of openapi.json, ${COUNT} for each operation, seed ${SEED}`, () => {
  let t: Tested;
  /** Ids that answers have shown, newest last: for parameters that should hit something. */
  const ids: string[] = [];
  beforeAll(async () => {
    console.log(`fuzz: --count ${COUNT} --seed ${SEED}`);
    t = await startTest('sqlite');
    await t.customer(EXAMPLES['login']);
    for (const [path, operation] of [['/flows', 'createFlow'], ['/activeflows', 'startActiveflow'], ['/numbers', 'createNumber'], ['/messages', 'sendMessage'], ['/trunks', 'createTrunk'], ['/queues', 'createQueue'], ['/simulator/calls', 'simulateCall']] as const) {
      ids.push(((await t.ask('POST', path, { body: EXAMPLES[operation] })).body as { id: string }).id);
    }
  });
  afterAll(() => t.close());

  /** One resource of the kind that the path is about, so that there is something to work on. */
  const fresh = async ({ path }: Route): Promise<string[]> => {
    const [, of_path = ''] = /([a-z]+)\/\{id\}/.exec(path) ?? [];
    const make: Record<string, readonly [string, object]> = {
      flows: ['/flows', EXAMPLES['createFlow']!], activeflows: ['/activeflows', { actions: [{ id: 'here', type: 'block' }, { type: 'block' }] }], numbers: ['/numbers', { number: `+1${performance.now()}` }],
      messages: ['/messages', EXAMPLES['sendMessage']!], calls: ['/simulator/calls', { actions: [{ type: 'talk', option: { text: 'x' } }, { type: 'digits_receive' }], auto_play: false }], accesskeys: ['/accesskeys', {}],
      extensions: ['/extensions', { extension: `x${performance.now()}` }], queues: ['/queues', EXAMPLES['createQueue']!], trunks: ['/trunks', EXAMPLES['createTrunk']!],
    };
    if (of_path === 'recordings') {
      const id = randomUUID();
      await t.server.parts.store.commit([{ documents: [{ kind: 'recording', id, customer_id: t.customer_id, parent: '', key: null, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { status: 'ended' } }] }]);
      return [id];
    }
    // A customer has a hundred at most.
    if (path.startsWith('/trunks')) for (const { id } of (await t.ask('GET', '/trunks')).body.result.slice(20)) await t.ask('DELETE', `/trunks/${id}`);
    const made = make[of_path];
    if (!made) return [];
    const { body } = await t.ask('POST', made[0], { body: made[1] });
    if (!/^\/(simulator|activeflows)/.test(path)) return [body.id as string];
    const run = await t.until(`/activeflows/${body.activeflow_id ?? body.id}`, ({ current_action }) => current_action.type !== '');
    return [body.id as string, run.current_action.id as string, ...run.pending_actions.map(({ id }: { id: string }) => id)];
  };

  const make = (row: Route, source: Source, near: readonly string[]): Made => {
    const c = source.chance;
    const operation = description.paths[`/v1.0${row.path}`]![row.method.toLowerCase()];
    const parameters = (operation.parameters as (Parameter & { $ref?: string })[]).map((one) => (one.$ref ? description.components.parameters[one.$ref.split('/').at(-1)!]! : one));
    // A lone surrogate is in no URL.
    const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '').replaceAll(/[\ud800-\udfff]/g, '').slice(0, 2_000);
    let path = row.path;
    const query: string[] = [];
    const headers: Record<string, string> = {};
    for (const { name, in: where, schema } of parameters) {
      const value = text(where === 'path' && near.length > 0 && c.often(0.75) ? (name === 'n' ? '1' : name === 'list' ? `${near[0]}:0` : near[0]) : fromSchema(source, schema, 0.15));
      if (where === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value) || 'x');
      if (where === 'query' && c.often(0.4)) query.push(`${name === 'variable' ? `variable.${c.one(['a', 'b', '1'])}` : name}=${encodeURIComponent(value)}`);
      if (where === 'header' && c.often(0.15)) headers[name] = c.often(0.6) ? c.one(['"1"', '"2"', 'W/"3"', '*', 'key-1', 'key-2']) : value.replaceAll(/[^\x20-\x7e]/g, '').trim();
    }
    if (c.often(0.03)) query.push(encodeURIComponent(text(anything(source))));
    const schema = operation.requestBody?.content['application/json']?.schema as JsonSchema | undefined;
    const example = EXAMPLES[row.operation];
    const body = schema ? (example && c.often(0.15) ? { ...example } : c.often(0.03) ? anything(source) : fromSchema(source, schema, c.one([0, 0.02, 0.1, 0.3]))) : c.often(0.05) ? anything(source) : undefined;
    // An action of the activeflow at hand would seldom be hit by chance.
    for (const field of Object.keys((body ?? {}))) if (field.endsWith('action_id') && near.length > 1 && c.often(0.5)) Object.assign(body as object, { [field]: near[1 + c.below(near.length - 1)] });
    const key = c.often(0.03) ? null : t.key;
    return { method: row.method, path: path + (query.length > 0 ? `?${query.join('&')}` : ''), headers, key, ...(body === undefined || row.method === 'GET' ? {} : { body }) };
  };

  const seen: Record<string, Record<string, number>> = {};
  test.each(describedRoutes().map((row) => [row.operation, row] as const))('%s', { timeout: 20_000 + COUNT * 400 }, async (operation, row) => {
    const c = chance(SEED, operation);
    const counts: Record<string, number> = {};
    for (let done = 0; done < COUNT; done += AT_ONCE) {
      const near = await fresh(row);
      const source: Source = { chance: c, schemas: description.components.schemas, ids: [...Array(5).fill(near).flat() as string[], ...ids.slice(-10)] };
      const requests = Array.from({ length: Math.min(AT_ONCE, COUNT - done) }, () => make(row, source, near));
      await Promise.all(requests.map(async ({ method, path, ...asked }) => {
        const { status, body } = await t.ask(method, path, asked).catch((error: unknown) => { throw new Error(`seed ${SEED}, ${JSON.stringify({ method, path, ...asked }).slice(0, 3_000)}`, { cause: error }); });
        counts[status] = (counts[status] ?? 0) + 1;
        if (status === 200 && typeof body?.id === 'string') ids.push(body.id as string);
      }));
    }
    seen[operation] = counts;
    // Requests that are all refused would prove little. Guessed logins are slowed down, so few of them get that far; no browser has called.
    if (COUNT >= 200 && operation !== 'login' && !row.stream && !row.path.startsWith('/whip/')) expect(counts['200'] ?? 0, JSON.stringify(counts)).toBeGreaterThan(0);
  });

  test('afterwards the server works as before', async () => {
    expect((await t.ask('GET', '//readyz', { key: null })).status).toBe(200);
    const { body } = await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'variable_set', option: { key: 'a', value: 'b' } }] } });
    await t.until(`/activeflows/${body.id}`, ({ end_reason }) => end_reason === 'completed');
    if (process.env['FUZZ_COUNT']) console.log(JSON.stringify(seen, null, 1));
  });
});
