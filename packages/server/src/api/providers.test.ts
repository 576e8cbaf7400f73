import { afterEach, describe, expect, it } from 'vitest';
import { sign } from '../driver/message/twilio/signature.js';
import { startFar } from '../driver/message/testing/far.js';
import { readConfig } from '../config.js';
import { startServer, type Server } from '../main.js';

const KEY = `af_${'d'.repeat(40)}`;
const PUBLIC = 'https://flows.example.com';
const SECRET = 'a-secret-of-kannel-1';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

async function open(more: Record<string, string> = {}): Promise<{ server: Server; ask: (path: string, body?: object) => Promise<Record<string, never>>; forms: () => readonly URLSearchParams[] }> {
  const far = await startFar((_came, response) => { response.writeHead(201).end(`{"sid":"SM${far.came.length}"}`); });
  const server = await startServer(readConfig({
    ACTIVEFLOW_PORT: '0', ACTIVEFLOW_STORE: 'memory:', ACTIVEFLOW_ACCESS_KEY: KEY, ACTIVEFLOW_LOG: 'silent', ACTIVEFLOW_PUBLIC_URL: `${PUBLIC}/`,
    ACTIVEFLOW_TWILIO_SID: 'AC1', ACTIVEFLOW_TWILIO_TOKEN: 'token', ACTIVEFLOW_TWILIO_URL: far.url, ACTIVEFLOW_KANNEL_URL: far.url, ACTIVEFLOW_KANNEL_SECRET: SECRET, ...more,
  }));
  closing.push(far.close, () => server.close());
  return {
    server, forms: () => far.came.map(({ body }) => new URLSearchParams(body)),
    ask: async (path, body) => (await fetch(`${server.url}/v1.0${path}?accesskey=${KEY}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json() as Promise<Record<string, never>>,
  };
}

function knock(server: Server, path: string, form: Record<string, string>, token = 'token', query = ''): Promise<Response> {
  const body = new URLSearchParams(form);
  const at = `/v1.0/providers/twilio/${path}${query}`;
  return fetch(`${server.url}${at}`, { method: 'POST', body, headers: { 'x-twilio-signature': sign(token, `${PUBLIC}${at}`, body) } });
}

describe('the doors of carriers', () => {
  it('bring a message to its flow, and what became of the answer, with the proof of the carrier alone', async () => {
    const { server, ask, forms } = await open();
    const flow = await ask('/flows', { name: 'echo', actions: [{ type: 'message_send', option: { source: { target: '+15550100' }, destinations: [{ target: '${voipbin.message.source.target}' }], text: 'You said ${voipbin.message.text}' } }] });
    await ask('/numbers', { number: '+15550100', message_flow_id: flow['id'] });
    const form = { MessageSid: 'SM77', From: '+15550101', To: '+15550100', Body: 'Käse & 👍' };
    const forged = await knock(server, 'messages', form, 'other');
    expect([forged.status, await forged.text()]).toEqual([403, 'forbidden']);
    const taken = await knock(server, 'messages', form);
    expect([taken.status, taken.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
    expect(await taken.text()).toContain('<Response></Response>');
    // The carrier delivers again: nothing more comes of it.
    expect((await knock(server, 'messages', form)).status).toBe(200);
    await expect.poll(() => forms().map((sent) => sent.get('Body'))).toEqual(['You said Käse & 👍']);
    const target = async () => ((await ask('/messages'))['result'] as { direction: string; targets: { status: string }[] }[]).find(({ direction }) => direction === 'outbound')?.targets[0]?.status;
    await expect.poll(target).toBe('sent');
    const callback = new URL(forms()[0]?.get('StatusCallback') ?? '');
    expect((await knock(server, 'receipts', { MessageSid: 'SM1', MessageStatus: 'delivered' }, 'token', callback.search)).status).toBe(200);
    expect(await target()).toBe('delivered');
    expect(((await ask('/activeflows'))['result'] as object[]).length).toBe(1);
  });

  it('take what is no JSON and no form, and say no in few words', async () => {
    const { server } = await open();
    const ask = (path: string, init?: RequestInit) => fetch(`${server.url}/v1.0/providers/${path}`, init);
    expect((await ask('twilio/messages', { method: 'POST', body: Buffer.from([0, 255, 1]), headers: { 'content-type': 'application/json' } })).status).toBe(403);
    expect((await ask('twilio/messages', { method: 'POST' })).status).toBe(403);
    expect((await ask('twilio/messages')).status).toBe(404);
    expect((await ask('other/messages', { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await ask('twilio/messages', { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(400);
    expect((await ask(`kannel/messages?secret=${SECRET}`)).status).toBe(400);
    expect((await ask(`kannel/messages?secret=${SECRET}&from=%2B1&to=%2B2&text=%ff%fe&charset=%00`)).status).toBe(200);
    // What the others of the API take is JSON as before.
    expect((await fetch(`${server.url}/v1.0/flows?accesskey=${KEY}`, { method: 'POST', body: 'a=b' })).status).toBe(400);
  });

  it('count those who show no proof, and nobody else', async () => {
    const { server } = await open({ ACTIVEFLOW_RATE_LIMIT: '1' });
    const form = { MessageSid: 'SM1', From: '+1', To: '+2', Body: '' };
    const statuses = async (token: string): Promise<readonly number[]> => (await Promise.all(Array.from({ length: 30 }, () => knock(server, 'messages', form, token)))).map(({ status }) => status);
    expect(new Set(await statuses('token'))).toEqual(new Set([200]));
    expect(new Set(await statuses('other'))).toEqual(new Set([403, 429]));
  });
});
