// Email to a mail server that nobody here wrote, Debian's aiosmtpd, read by Python's own parser.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPhone } from './baresip.js';
import { freePort } from './ports.js';
import { has, program } from './programs.js';
import { PASSWORD, PATIENCE_MS, startServer } from './server.js';

const AIOSMTPD = program('aiosmtpd');
if (!AIOSMTPD) console.warn('No aiosmtpd on this machine: its tests are skipped. Install it (apt-get install python3-aiosmtpd) to run them.');

const closing: (() => unknown)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

/** Reads a mail as JSON: headers decoded, each part's type, name and bytes. */
const READ = `
import sys, json, base64, email, email.policy
m = email.message_from_file(open(sys.argv[1], encoding='latin1'), policy=email.policy.default)
print(json.dumps({'subject': m['subject'], 'to': m['to'], 'from': m['from'], 'id': m['message-id'], 'parts': [
  [p.get_content_type(), p.get_filename(), base64.b64encode(p.get_payload(decode=True)).decode()] for p in m.walk() if not p.is_multipart()]}))`;

async function startMaildir(): Promise<{ readonly port: number; readonly mails: () => readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-maildir-'));
  const port = await freePort();
  const child: ChildProcess = spawn(AIOSMTPD ?? '', ['-n', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Mailbox', join(folder, 'box')], { stdio: 'ignore' });
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  closing.push(async () => { child.kill('SIGKILL'); await gone; rmSync(folder, { recursive: true, force: true }); });
  await expect.poll(() => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); }).on('error', () => { resolve(false); });
  }), { timeout: PATIENCE_MS }).toBe(true);
  const box = join(folder, 'box', 'new');
  return { port, mails: () => { try { return readdirSync(box).map((name) => join(box, name)); } catch { return []; } } };
}

describe.skipIf(!AIOSMTPD)('aiosmtpd', () => {
  it('gets the mail of a flow, with its attachment byte for byte', async () => {
    const file = Buffer.from(Array.from({ length: 300_000 }, (_none, at) => (at * 7 + (at >> 8)) % 256));
    const web = createServer((_request, response) => { response.setHeader('content-type', 'application/octet-stream').end(file); });
    await new Promise<void>((resolve) => { web.listen(0, '127.0.0.1', resolve); });
    closing.push(() => { web.close(); });
    const { port, mails } = await startMaildir();
    const server = await startServer({ ACTIVEFLOW_SIP: 'false', ACTIVEFLOW_SMTP_URL: `smtp://127.0.0.1:${port}`, ACTIVEFLOW_SMTP_FROM: 'The Desk <desk@example.com>', ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1' }, { extensions: false });
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/report.bin`;
    const text = 'Grüße 👍\n.\nFrom here on, all is well.';
    const { id } = await server.client.activeflows.start({
      variables: { text }, actions: [{ type: 'email_send', option: { destinations: [{ type: 'email', target: 'ada@example.com', target_name: 'Ada Löwe' }], subject: 'Ihr Bericht für März', content: '${text}', html: '<p>👍</p>', attachments: [{ url }] } }],
    });
    await expect.poll(() => mails().length, { timeout: PATIENCE_MS }).toBe(1);
    const mail = JSON.parse(execFileSync('python3', ['-c', READ, mails()[0] ?? ''], { encoding: 'utf8', maxBuffer: 1 << 24 })) as { subject: string; to: string; from: string; id: string; parts: [string, string | null, string][] };
    expect(mail).toMatchObject({ subject: 'Ihr Bericht für März', to: 'Ada Löwe <ada@example.com>', from: 'The Desk <desk@example.com>', id: expect.stringMatching(new RegExp(`^<${id}\\..*@example\\.com>$`)) as string });
    const [plain, html, attached] = mail.parts.map(([type, name, bytes]) => ({ type, name, bytes: Buffer.from(bytes, 'base64') }));
    expect([plain?.type, plain?.bytes.toString('utf8').replaceAll('\r\n', '\n').trimEnd()]).toEqual(['text/plain', text]);
    expect([html?.type, html?.bytes.toString('utf8').trimEnd()]).toEqual(['text/html', '<p>👍</p>']);
    expect([attached?.type, attached?.name]).toEqual(['application/octet-stream', 'report.bin']);
    expect(attached?.bytes.equals(file)).toBe(true);
  });

  it.skipIf(!has('baresip'))('gets what a caller left, as it was recorded', async () => {
    const { port, mails } = await startMaildir();
    const server = await startServer({ ACTIVEFLOW_SMTP_URL: `smtp://127.0.0.1:${port}`, ACTIVEFLOW_SMTP_FROM: 'desk@example.com' });
    closing.push(() => server.close());
    const example = (name: string, mail = ''): never => JSON.parse(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), 'utf8').replaceAll('MAIL_FLOW', mail)) as never;
    const mail = await server.client.flows.create(example('voicemail-mail'));
    const flow = await server.client.flows.create(example('voicemail', mail.id));
    await server.client.numbers.create({ number: 'voicemail', call_flow_id: flow.id });
    const caller = await startPhone({ user: '1000', password: PASSWORD, server: server.sip, tone_hz: 650 });
    closing.push(() => caller.close());
    expect(await caller.registered()).toBe(true);
    await caller.dial('voicemail');
    await expect.poll(async () => (await server.client.activeflows.list({ flow_id: flow.id }).page()).result[0]?.current_action.type, { timeout: PATIENCE_MS }).toBe('digits_receive');
    const before = await caller.received();
    await expect.poll(() => caller.received(), { timeout: PATIENCE_MS }).toBeGreaterThan(before + 50);
    await caller.hangup();
    await expect.poll(() => mails().length, { timeout: PATIENCE_MS }).toBe(1);
    const [recording] = (await server.client.recordings.list({}).page()).result;
    const sound = Buffer.from(await (await server.client.recordings.file(recording?.id ?? '')).arrayBuffer());
    const { subject, parts } = JSON.parse(execFileSync('python3', ['-c', READ, mails()[0] ?? ''], { encoding: 'utf8', maxBuffer: 1 << 26 })) as { subject: string; parts: [string, string | null, string][] };
    const [, attached] = parts;
    expect([subject, attached?.[0], attached?.[1]]).toEqual(['A message for you', 'audio/wav', 'message.wav']);
    expect(sound.length).toBeGreaterThan(10_000);
    expect(Buffer.from(attached?.[2] ?? '', 'base64').equals(sound)).toBe(true);
  });
});
