// What answers beside the API: health, readiness, metrics, the description and its page; rate limits.
import { afterEach, describe, expect, test } from 'vitest';
import { describedRoutes, openapi } from './openapi.js';
import { startTest, type Tested } from './testing/server.js';

let t: Tested;
afterEach(() => t.close());
const open = (path: string) => t.ask('GET', `/${path}`, { key: null });

describe('the root', () => {
  test('is alive and ready', async () => {
    t = await startTest('sqlite');
    expect((await open('/healthz')).body).toEqual({ status: 'alive' });
    expect((await open('/readyz')).body).toEqual({ status: 'ready' });
    expect((await open('/readyz')).headers.get('cache-control')).toBe('no-store');
  });

  test('is asked for readiness often and writes seldom', async () => {
    t = await startTest('memory');
    const before = t.server.parts.committer.stats.changes;
    const began = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => open('/readyz')));
    // Once a second, however many seconds it took.
    expect(t.server.parts.committer.stats.changes - before).toBeLessThanOrEqual(2 + (performance.now() - began) / 1_000);
  });

  test('tells metrics that move with what happens', async () => {
    t = await startTest('sqlite');
    const value = async (name: string) => Number(new RegExp(`^${name.replaceAll(/[{}+.]/g, '\\$&')} (\\S+)$`, 'm').exec((await open('/metrics')).text)?.[1]);
    const [commands, changes] = [await value('activeflow_commands_total'), await value('activeflow_commit_changes_total')];
    await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }] } });
    const call = (await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'talk', option: { text: 'x' } }], auto_play: false } })).body;
    await t.until(`/calls/${call.id}`, ({ status }) => status === 'progressing');
    await t.ask('GET', '/flows/x');
    expect(await value('activeflow_commands_total')).toBeGreaterThanOrEqual(commands + 2);
    expect(await value('activeflow_commit_changes_total')).toBeGreaterThanOrEqual(changes + 2);
    expect(await value('activeflow_commit_groups_total')).toBeGreaterThan(0);
    expect(await value('activeflow_effects_performed_total')).toBeGreaterThan(0);
    expect(await value('activeflow_activeflows_running')).toBe(2);
    expect(await value('activeflow_http_request_duration_seconds_count{operation="startActiveflow",status="2xx"}')).toBe(1);
    expect(await value('activeflow_http_request_duration_seconds_count{operation="getFlow",status="4xx"}')).toBe(1);
    expect(await value('activeflow_http_request_duration_seconds_bucket{le="+Inf",operation="startActiveflow",status="2xx"}')).toBe(1);
    expect(await value('activeflow_event_loop_lag_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
    for (const name of ['conflicts_total', 'effects_failed_total', 'effects_given_up_total', 'effects_in_flight', 'effects_dead']) expect(await value(`activeflow_${name}`), name).toBeGreaterThanOrEqual(0);
    expect((await open('/metrics')).headers.get('content-type')).toMatch(/^text\/plain/);
    expect((await open('/metrics')).text).toMatch(/^activeflow_message_provider_up\{provider="simulator"\} 1$/m);
  });

  test('counts what is there now, in the first scrape and in each', async () => {
    t = await startTest('sqlite');
    const scrape = async (): Promise<string[]> => (await open('/metrics')).text.split('\n').filter((line) => /^activeflow_(activeflows_running|effects_due) /.test(line)).sort();
    const text = 'a prompt of some minutes '.repeat(100);
    expect((await t.ask('POST', '/simulator/calls', { body: { actions: [{ type: 'talk', option: { text } }], auto_play: true } })).status).toBe(200);
    await t.until('/activeflows', ({ result }) => result[0].current_action.type === 'talk');
    expect(await scrape()).toEqual(['activeflow_activeflows_running 1', 'activeflow_effects_due 1']);
    expect((await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }] } })).status).toBe(200);
    expect(await scrape()).toEqual(['activeflow_activeflows_running 2', 'activeflow_effects_due 1']);
  });

  test('serves the description of the routes it has', async () => {
    t = await startTest('memory', { WEBRTC: 'true' });
    expect((await open('/openapi.json')).body).toEqual(JSON.parse(JSON.stringify(openapi(describedRoutes()))));
  });

  test('serves a page that asks nothing of anybody else and runs nothing', async () => {
    t = await startTest('memory');
    const page = await open('/docs');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(page.text).not.toMatch(/<script|\son\w+=|style=|src=|@import|(href|url)\s*[=(]\s*["']?(https?:)?\/\//i);
    expect([...page.text.matchAll(/<link[^>]+>/g)].map(String)).toEqual(['<link rel="stylesheet" href="/docs/style.css">']);
    expect((await open('/docs/style.css')).text).toContain('prefers-reduced-motion');
    const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const targets = [...page.text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
    for (const { operation, path } of t.routes) { expect(ids).toContain(operation); expect(page.text).toContain(path); }
    // Every element that is opened is closed again, in order.
    const stack: string[] = [];
    for (const [, closing, name] of page.text.matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (closing) expect(stack.pop()).toBe(name);
      else if (!['meta', 'link'].includes(name!)) stack.push(name!);
    }
    expect(stack).toEqual([]);
  });
});

describe('rate limits', () => {
  // Two a second: forty requests reach that on any machine. How it counts is in `rate.test.ts`.
  const SLOW = { RATE_LIMIT: '2', CLOCK: 'real', TRUST_PROXY: 'true' };

  test('for each address: 429 with Retry-After, and what it was limited by', async () => {
    t = await startTest('memory', SLOW);
    const from = (address: string) => t.ask('GET', '/me', { key: null, headers: { 'x-forwarded-for': address } });
    const all = await Promise.all(Array.from({ length: 40 }, () => from('203.0.113.1')));
    const limited = all.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(limited.length).toBeLessThanOrEqual(38);
    expect(limited[0]!.body.error).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMIT_EXCEEDED', details: [{ limited_by: 'address' }] });
    expect(limited[0]!.headers.get('retry-after')).toBe('1');
    expect((await from('203.0.113.2')).status).toBe(401);
    await new Promise((resolve) => { setTimeout(resolve, 1_050); });
    expect((await from('203.0.113.1')).status).toBe(401);
  });

  test('for each customer, from however many addresses', async () => {
    t = await startTest('memory', SLOW);
    const other = await t.customer();
    const from = (i: number, key: string) => t.ask('GET', '/me', { key, headers: { 'x-forwarded-for': `203.0.113.${i}` } });
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => from(i, t.key)));
    const limited = all.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(limited.length).toBeLessThanOrEqual(38);
    expect(limited[0]!.body.error.details).toEqual([{ limited_by: 'customer' }]);
    expect((await from(99, other.key)).status).toBe(200);
  });

  test('there is none where it is switched off', async () => {
    t = await startTest('memory', { RATE_LIMIT: '0' });
    expect((await Promise.all(Array.from({ length: 300 }, () => t.ask('GET', '/me')))).every(({ status }) => status === 200)).toBe(true);
  });
});
