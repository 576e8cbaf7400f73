// The command line, as it is typed: the real binary, a real server, a folder of its own.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createClient, type Client, type FlowInput } from '@activeflow/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig, showSettings } from '../config.js';
import { openDatabase } from '../store/sqlite/binding.js';
import { refusal } from './start.js';
import { addressOf, BINARY, EXAMPLES, FREE_PORT, makePlace, watch, type Place } from './testing/process.js';

/** For what hangs: each of these starts several processes, and a busy machine is no failure. */
const LONG = 180_000;
/** How long something is waited for that comes by itself. */
const SOON = { timeout: 60_000 };
const SECRET = '0123456789abcdefghijklmnopqrstuvwxyz';

describe('dev', () => {
  let place: Place;
  beforeEach(() => { place = makePlace(); });
  afterEach(() => place.close());

  test('prints what is needed to begin, and the printed lines work as they stand', async () => {
    const dev = place.start(['dev'], FREE_PORT);
    const url = await addressOf(dev);
    const out = await dev.until(/Or dial ivr .+\n/);
    expect(out).not.toContain('\u001b');
    const ticket = /\/#ticket=([A-Za-z0-9_-]{43})\b/.exec(out)?.[1] ?? '';
    const visitor = createClient({ base_url: url });
    expect(await createClient({ base_url: url, token: (await visitor.redeemTicket(ticket)).token }).me()).toMatchObject({ kind: 'token', name: 'first' });
    await expect(visitor.redeemTicket(ticket)).rejects.toMatchObject({ reason: 'INVALID_CREDENTIALS' });
    const call = /^ {2}(?:npx )?activeflow (call .+)$/m.exec(out)?.[1]?.split(' ') ?? [];
    const { code, stdout } = await place.run(call, {}, '1\n');
    expect(code).toBe(0);
    expect(stdout).toContain('» Hello. Welcome to the voipbin service.');
    expect(stdout).toContain('» You chose the simple talk');
    expect(call).toContain(url);
    const [, user, sip = ''] = /sip:(\w+)@127\.0\.0\.1:(\d+)/.exec(out) ?? [];
    const client = createClient({ base_url: url, access_key: readFileSync(`${place.folder}/data/dev-access-key`, 'utf8').trim() });
    expect((await client.extensions.list().page()).result.map(({ extension }) => extension)).toEqual([user]);
    expect(out).toContain(`password ${readFileSync(`${place.folder}/data/dev-sip-password`, 'utf8').trim()}`);
    expect((await client.numbers.list().page()).result).toMatchObject([{ number: 'ivr' }]);
    // Somebody speaks SIP there.
    const answer = await new Promise<string>((resolve) => {
      const socket = createSocket('udp4').on('message', (message) => { socket.close(); resolve(message.toString()); });
      socket.bind(0, '127.0.0.1', () => {
        const { port } = socket.address();
        socket.send(`OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKx;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`, Number(sip), '127.0.0.1');
      });
    });
    expect(answer).toMatch(/^SIP\/2\.0 200 /);
  }, LONG);

  test('keeps its key and its secret, for its owner alone: the next run prints the same, and tokens stay good', async () => {
    const first = place.start(['dev'], FREE_PORT);
    const url = await addressOf(first);
    const key = readFileSync(`${place.folder}/data/dev-access-key`, 'utf8').trim();
    expect(await first.until('Access key')).toContain(key);
    for (const file of ['dev-access-key', 'dev-jwt-secret', 'dev-sip-password']) expect(statSync(`${place.folder}/data/${file}`).mode & 0o777).toBe(0o600);
    await place.run(['customers', 'create', 'Ada', '--username', 'ada', '--password-stdin'], {}, 'correct horse\n');
    const { token } = await createClient({ base_url: url }).login('ada', 'correct horse');
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    const second = place.start(['dev'], FREE_PORT);
    const again = await addressOf(second);
    expect(await second.until('Access key')).toContain(key);
    expect(await createClient({ base_url: again, token }).me()).toMatchObject({ name: 'Ada', kind: 'token' });
    expect(await createClient({ base_url: again, access_key: key }).me()).toMatchObject({ kind: 'accesskey' });
  }, LONG);
});

describe('start', () => {
  let place: Place;
  beforeAll(() => { place = makePlace(); });
  afterAll(() => place.close());

  test.each([
    ['no secret', {}, /^ACTIVEFLOW_JWT_SECRET is not set/],
    ['a short one', { ACTIVEFLOW_JWT_SECRET: 'too short' }, /^ACTIVEFLOW_JWT_SECRET must be at least 32 bytes\.$/],
    ['one that everybody uses', { ACTIVEFLOW_JWT_SECRET: 'change-me-change-me-change-me-change-me' }, /^ACTIVEFLOW_JWT_SECRET can be guessed/],
    ['one letter', { ACTIVEFLOW_JWT_SECRET: 'x'.repeat(64) }, /^ACTIVEFLOW_JWT_SECRET can be guessed/],
    ['no secret, and open to all', { ACTIVEFLOW_HOST: '0.0.0.0' }, /^ACTIVEFLOW_JWT_SECRET is not set/],
    ['a bad port', { ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_PORT: '80000' }, /^ACTIVEFLOW_PORT must be/],
    ['a bad key', { ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_ACCESS_KEY: 'af_short' }, /^ACTIVEFLOW_ACCESS_KEY must be/],
    ['a file never written', { ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_DURABILITY: 'memory' }, /^ACTIVEFLOW_DURABILITY is memory/],
  ])('refuses %s', (_, env, sentence) => {
    const refused = (): string | undefined => { try { return refusal(readConfig(env)); } catch (error) { return (error as Error).message; } };
    expect(refused()).toMatch(sentence);
  });

  test('takes a secret of random bytes', () => {
    for (const secret of [randomBytes(32).toString('hex'), randomBytes(24).toString('base64')]) expect(refusal(readConfig({ ACTIVEFLOW_JWT_SECRET: secret }))).toBe(undefined);
  });

  test('says so in one sentence, exit 1, and touches nothing; dev stays on this machine', async () => {
    const sentences: readonly (readonly [string, Record<string, string>, RegExp])[] = [
      ['start', {}, /^ACTIVEFLOW_JWT_SECRET is not set.+\n$/], ['start', { ACTIVEFLOW_PORT: 'x' }, /^ACTIVEFLOW_PORT must be.+\n$/], ['dev', { ACTIVEFLOW_HOST: '0.0.0.0' }, /^ACTIVEFLOW_HOST is 0\.0\.0\.0.+\n$/],
      ['dev', { ACTIVEFLOW_SIP_HOST: '0.0.0.0' }, /^ACTIVEFLOW_SIP_HOST is 0\.0\.0\.0.+\n$/],
    ];
    for (const [command, env, sentence] of sentences) expect(await place.run([command], env)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(readdirSync(place.folder)).toEqual([]);
  }, LONG);

  test('makes the first customer, limits the rate, plays no calls, and has its file alone; SIGTERM ends it in order', async () => {
    const access_key = `af_${'S'.repeat(40)}`;
    const env = { ...FREE_PORT, ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_ACCESS_KEY: access_key };
    // Few enough a second that no machine is too slow to reach the limit.
    const server = place.start(['start'], { ...env, ACTIVEFLOW_RATE_LIMIT: '5' });
    const base_url = await addressOf(server);
    const client = createClient({ base_url, access_key, max_retries: 0 });
    expect(await client.me()).toMatchObject({ name: 'first' });
    await expect(client.simulator.call({ actions: [] })).rejects.toMatchObject({ reason: 'ROUTE_NOT_FOUND' });
    const answers = await Promise.allSettled(Array.from({ length: 250 }, () => client.me()));
    const limited = answers.filter((answer) => answer.status === 'rejected' && (answer.reason as { reason?: string }).reason === 'RATE_LIMIT_EXCEEDED').length;
    const passed = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(limited + passed).toBe(250);
    expect(limited).toBeGreaterThan(0);
    expect(passed).toBeGreaterThanOrEqual(3);
    const second = await place.run(['start'], env);
    expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`is in use by process ${server.child.pid}`) });
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    // Another key in the setting is another key of the same customer.
    const rotated = place.start(['start'], { ...env, ACTIVEFLOW_ACCESS_KEY: `af_${'T'.repeat(40)}` });
    await addressOf(rotated);
    expect((await place.run(['customers', 'list', '--output', 'json'])).stdout.trim().split('\n')).toHaveLength(1);
  }, LONG);

  test('a tail outlives the server that it follows: killed, started again, and the run goes on', async () => {
    const env = { ...FREE_PORT, ACTIVEFLOW_STORE: 'sqlite:killed.db', ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_ACCESS_KEY: `af_${'K'.repeat(40)}` };
    const first = place.start(['start'], env);
    const base_url = await addressOf(first);
    const client = createClient({ base_url, access_key: env.ACTIVEFLOW_ACCESS_KEY });
    const { id } = await client.activeflows.start({ actions: [{ type: 'variable_set', option: { key: 'a', value: '1' } }, { type: 'block' }, { type: 'stop' }] });
    const tail = place.start(['activeflows', 'tail', id], { ...env, ACTIVEFLOW_URL: base_url });
    await tail.until('block');
    first.child.kill('SIGKILL');
    await first.ended;
    await expect.poll(() => tail.stderr(), SOON).toContain('waiting for it');
    await addressOf(place.start(['start'], { ...env, ACTIVEFLOW_PORT: new URL(base_url).port }));
    await client.activeflows.continue(id, (await client.activeflows.get(id)).current_action.id);
    const { code, stdout } = await tail.ended;
    expect({ code, steps: [...stdout.matchAll(/^\S+ \S+ +(?:\d+ +)?(\w+) +(\S+)/gm)].map(([, what, result]) => `${what} ${result}`) })
      .toEqual({ code: 0, steps: ['created api', 'variable_set done', 'block …', 'block done', 'stop done', 'ended stopped'] });
  }, LONG);

  test('a second signal ends it at once, though a request hangs', async () => {
    const server = place.start(['start'], { ...FREE_PORT, ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_STORE: 'memory:' });
    const { port } = new URL(await addressOf(server));
    const hanging = connect(Number(port), '127.0.0.1', () => { hanging.write('POST /auth/login HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{'); });
    hanging.on('error', () => { /* it ends with the server */ });
    // From here on the server waits for the rest.
    await new Promise((resolve) => { hanging.once('data', resolve); });
    server.child.kill('SIGTERM');
    await expect.poll(() => server.stderr(), SOON).toContain('Stopping');
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    expect(server.child.exitCode).toBe(null);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(143);
  }, LONG);
});

describe('commands that ask a server', () => {
  let place: Place;
  let env: Record<string, string>;
  let client: Client;
  beforeAll(async () => {
    place = makePlace();
    const url = await addressOf(place.start(['dev'], FREE_PORT));
    env = { ACTIVEFLOW_URL: url };
    client = createClient({ base_url: url, access_key: readFileSync(`${place.folder}/data/dev-access-key`, 'utf8').trim() });
  }, LONG);
  afterAll(() => place.close());
  const file = (name: string, content: string): string => {
    writeFileSync(`${place.folder}/${name}`, content);
    return name;
  };

  test('the examples are valid, each of them', async () => {
    for (const name of readdirSync(EXAMPLES)) {
      const flow = JSON.parse(readFileSync(`${EXAMPLES}${name}`, 'utf8')) as FlowInput;
      expect(await client.flows.validate(flow)).toEqual({ valid: true, errors: [], warnings: [] });
    }
    expect(await place.run(['flows', 'validate', `${EXAMPLES}ivr.json`], env)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('is valid') });
  }, LONG);

  test('validate names each problem by line and pointer', async () => {
    const bad = file('bad.json', '{ "name": "bad", "actions": [\n  { "type": "goto", "option": { "target_id": "x" } },\n  { "id": "a", "type": "nonsense" },\n  { "id": "a", "type": "talk",\n    "option": { "text": 5 } } ] }');
    const { code, stdout, stderr } = await place.run(['flows', 'validate', bad], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'bad.json has 4 errors.\n' });
    expect(stdout.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'bad.json:2 /actions/0/option/target_id:', 'bad.json:3 /actions/1/type:', 'bad.json:4 /actions/2/id:', 'bad.json:5 /actions/2/option/text:', '',
    ]);
    expect((await place.run(['flows', 'put', bad], env)).stderr).toMatch(/^bad\.json is refused \(INVALID_ARGUMENT\):\n {2}bad\.json:2 /);
    expect((await place.run(['flows', 'validate', '-'], env, '{"a":1,\n}')).stderr).toMatch(/^-:2:1: not JSON/);
  }, LONG);

  test('put creates, then updates by the name, by the id inside and by --id, and says which', async () => {
    const flow = file('flow.json', '{ "name": "put", "actions": [{ "type": "empty" }] }');
    const created = (await place.run(['flows', 'put', flow], env)).stdout;
    const id = /^Created ([0-9a-f-]{36}) put\n$/.exec(created)?.[1] ?? created;
    expect((await place.run(['flows', 'put', flow], env)).stdout).toBe(`Updated ${id} put to revision 2 (found by its name)\n`);
    const own = file('own.json', (await place.run(['flows', 'get', 'put', '--output', 'json'], env)).stdout.replace('"put"', '"renamed"'));
    expect((await place.run(['flows', 'put', own], env)).stdout).toBe(`Updated ${id} renamed to revision 3 (found by the id in the file)\n`);
    expect((await place.run(['flows', 'put', flow, '--id', id], env)).stdout).toBe(`Updated ${id} put to revision 4 (found by --id)\n`);
    expect(await place.run(['flows', 'put', '-'], env, '[{ "type": "empty" }]')).toMatchObject({ code: 2, stderr: expect.stringContaining('names no flow') });
    expect((await place.run(['flows', 'delete', id], env)).stdout).toBe(`Deleted ${id} put\n`);
    expect(await place.run(['flows', 'delete', id], env)).toMatchObject({ code: 1, stderr: 'No such flow (FLOW_NOT_FOUND)\n' });
  }, LONG);

  test('a list gives its rows before the next page has come', async () => {
    let release = () => { /* set below */ };
    const held = new Promise<void>((resolve) => { release = resolve; });
    const row = (name: string) => ({ id: name, name, revision: 1, actions: [], tm_create: '2026-01-01 00:00:00.000000' });
    const peer = createServer((request, response) => {
      const first = !request.url?.includes('page_token');
      void (first ? Promise.resolve() : held).then(() => {
        response.end(JSON.stringify(first ? { result: [row('one'), row('two')], next_page_token: 'more' } : { result: [], next_page_token: '' }));
      });
    });
    await new Promise<void>((resolve) => { peer.listen(0, '127.0.0.1', resolve); });
    const listing = place.start(['flows', 'list', '--output', 'json'], { ACTIVEFLOW_URL: `http://127.0.0.1:${(peer.address() as AddressInfo).port}` });
    const out = await listing.until('two');
    release();
    expect((await listing.ended).code).toBe(0);
    expect(out.trim().split('\n').map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['one', 'two']);
    peer.close();
  }, LONG);

  test('every row of many pages; a reader that goes away ends it without a word', async () => {
    for (let made = 0; made < 250; made += 50) await Promise.all(Array.from({ length: 50 }, () => client.flows.create({ name: 'many' })));
    const { stdout } = await place.run(['flows', 'list', '--output', 'json'], env);
    const ids = stdout.trim().split('\n').map((line) => (JSON.parse(line) as { id: string }).id);
    expect({ rows: ids.length >= 250, once: new Set(ids).size === ids.length }).toEqual({ rows: true, once: true });
    const cut = watch(spawn('sh', ['-c', `'${process.execPath}' '${BINARY}' flows list | head -1`], { cwd: place.folder, env: { PATH: process.env['PATH'] ?? '', ...env } }));
    expect(await cut.ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ID .+NAME\n$/) });
  }, LONG);

  test('start, list, tail until the end, history', async () => {
    const started = await place.run(['activeflows', 'start', '--file', '-', '--variable', 'who=Ada', '--name', 'tailed', '--output', 'json'], env, '[{"type":"block"},{"type":"variable_set","option":{"key":"greeting","value":"Hello ${who}"}}]');
    const { id, current_action } = JSON.parse(started.stdout) as { id: string; current_action: { id: string } };
    expect(current_action.id).toMatch(/1$/);
    const [table, json] = [place.start(['activeflows', 'tail', id], env), place.start(['activeflows', 'tail', id, '--output', 'json'], env)];
    await table.until('block');
    expect((await place.run(['activeflows', 'list', '--status', 'running', '--variable', 'who=Ada'], env)).stdout).toMatch(new RegExp(`${id}.+running.+block`));
    await client.activeflows.continue(id, (await client.activeflows.get(id)).current_action.id);
    const tailed = await table.ended;
    expect(tailed.code).toBe(0);
    expect(tailed.stdout.split('\n').map((line) => line.slice(28, 66).split(/\s+/).filter(Boolean).join(' ')).filter(Boolean)).toEqual(['created', '1 block …', '1 block done', '2 variable_set done', 'ended completed']);
    const entries = (await json.ended).stdout.trim().split('\n').map((line) => JSON.parse(line) as { kind: string; result: string; variables: object });
    expect(entries.map(({ kind, result }) => `${kind} ${result}`)).toEqual(['created ', 'step done', 'step done', 'ended completed']);
    expect((await place.run(['activeflows', 'history', id], env)).stdout).toContain('greeting=Hello Ada');
    expect((await place.run(['activeflows', 'stop', id], env)).stdout).toContain('completed');
  }, LONG);

  test('what is wrong is one sentence: no key, no server, another\'s key', async () => {
    const elsewhere = makePlace();
    expect(await elsewhere.run(['flows', 'list'], env)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^No access key: .+\n$/) });
    await elsewhere.close();
    const closed = env['ACTIVEFLOW_URL']?.replace('127.0.0.1', '127.0.0.2') ?? '';
    expect(await place.run(['flows', 'list', '--url', closed])).toMatchObject({ code: 1, stdout: '', stderr: `The server at ${closed} cannot be reached: ECONNREFUSED (UNREACHABLE)\n` });
    const wrong = { ...env, ACTIVEFLOW_ACCESS_KEY: `af_${'W'.repeat(40)}` };
    expect(await place.run(['flows', 'list'], wrong)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('INVALID_CREDENTIALS') });
    // The key of dev is for this machine.
    expect(await place.run(['flows', 'list', '--url', 'http://192.0.2.1'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No access key/) });
  }, LONG);

  test('a command written wrongly exits 2', async () => {
    const wrong = [['nonsense'], ['flows', 'list', '--output', 'xml'], ['flows', 'get'], ['activeflows', 'list', '--variable', 'x']];
    for (const { code, stdout, stderr } of await Promise.all(wrong.map((args) => place.run(args, env)))) expect({ code, stdout, said: stderr !== '' }).toEqual({ code: 2, stdout: '', said: true });
  }, LONG);

  test('customers and keys are made, used and revoked beside the running server', async () => {
    const made = await place.run(['customers', 'create', 'Example Ltd', '--output', 'json']);
    const { id, access_key } = JSON.parse(made.stdout) as { id: string; access_key: string };
    const base_url = env['ACTIVEFLOW_URL'] ?? '';
    expect(await createClient({ base_url, access_key }).me()).toMatchObject({ customer_id: id, name: 'Example Ltd' });
    expect((await place.run(['keys', 'create', '--name', 'two'])).stderr).toBe('There are several customers: say whose the key is with --customer.\n');
    const created = await place.run(['keys', 'create', '--customer', id, '--name', 'two', '--days', '1']);
    const token = /af_[A-Za-z0-9]{40}/.exec(created.stdout)?.[0] ?? '';
    const second = createClient({ base_url, access_key: token });
    expect(await second.me()).toMatchObject({ customer_id: id });
    const list = (await place.run(['keys', 'list', '--customer', id])).stdout;
    expect(list).toMatch(new RegExp(`${token.slice(0, 11)}….+two`));
    expect(list).not.toContain(token);
    expect((await place.run(['keys', 'revoke', token.slice(0, 9)])).code).toBe(0);
    await expect.poll(() => second.me().catch((error: unknown) => (error as { reason: string }).reason), SOON).toBe('INVALID_CREDENTIALS');
    expect((await place.run(['keys', 'revoke', token])).code).toBe(1);
  }, LONG);
});

describe('doctor', () => {
  test('clean beside a running server; every finding and exit 1 where a row was tampered with', async () => {
    const place = makePlace();
    expect(await place.run(['doctor'])).toEqual({ code: 1, stdout: '', stderr: 'There is no store at ./data/activeflow.db.\n' });
    const dev = place.start(['dev'], FREE_PORT);
    const client = createClient({ base_url: await addressOf(dev), access_key: readFileSync(`${place.folder}/data/dev-access-key`, 'utf8').trim() });
    const { id } = await client.activeflows.start({ actions: [{ type: 'variable_set', option: { key: 'a', value: '1' } }, { type: 'sleep', option: { duration: 3_600_000 } }] });
    await client.activeflows.start({ actions: [{ type: 'empty' }] });
    await expect.poll(async () => (await client.activeflows.get(id)).current_action.type, SOON).toBe('sleep');
    expect(await place.run(['doctor'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^clean: 2 activeflows, \d+ events, 0 effects\n$/) });
    dev.child.kill('SIGTERM');
    await dev.ended;
    const db = openDatabase(`${place.folder}/data/activeflow.db`, { durability: 'fsync' });
    db.prepare('UPDATE activeflow SET due_at = NULL WHERE id = ?').run(id);
    db.close();
    const { code, stdout, stderr } = await place.run(['doctor', '--output', 'json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^1 finding in 2 activeflows, /) });
    expect(JSON.parse(stdout)).toEqual({ promise: 'G4', activeflow_id: id, message: 'it runs, and is never due' });
    await place.close();
  }, LONG);
});

describe('config', () => {
  test('shows every setting, no secret, and what is wrong', async () => {
    const place = makePlace();
    const env = { ACTIVEFLOW_JWT_SECRET: SECRET, ACTIVEFLOW_PORT: '1234' };
    const rows = showSettings(env);
    expect(rows.find(({ name }) => name === 'ACTIVEFLOW_JWT_SECRET')).toMatchObject({ value: '(set)' });
    expect(rows.find(({ name }) => name === 'ACTIVEFLOW_PORT')).toMatchObject({ value: '1234', fallback: '8080' });
    expect(rows.every(({ help }) => help !== '')).toBe(true);
    const { code, stdout } = await place.run(['config', '--output', 'json'], env);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as object)).toEqual(rows);
    expect(stdout).not.toContain(SECRET);
    const wrong = await place.run(['config'], { ACTIVEFLOW_PORT: 'x', ACTIVEFLOW_JWT_SECRET: 'short secret' });
    expect(wrong).toMatchObject({ code: 1, stderr: 'ACTIVEFLOW_PORT must be a whole number from 0 to 65535.\nACTIVEFLOW_JWT_SECRET must be at least 32 bytes.\n' });
    expect(wrong.stdout).not.toContain('short secret');
    await place.close();
  }, LONG);
});
