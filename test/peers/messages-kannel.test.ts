// Messages by Kannel, Debian's: its bearerbox and smsbox carry what its fakesmsc says and hears.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from './ports.js';
import { PATIENCE_MS, startServer } from './server.js';

const find = (name: string, ...folders: readonly string[]): string | undefined => [...(process.env['PATH'] ?? '').split(delimiter), ...folders].map((folder) => join(folder, name)).find(existsSync);
const [BEARERBOX, SMSBOX, FAKESMSC] = [find('bearerbox', '/usr/sbin'), find('smsbox', '/usr/sbin'), find('fakesmsc', '/usr/lib/kannel/test')];
const HERE = BEARERBOX !== undefined && SMSBOX !== undefined && FAKESMSC !== undefined;
if (!HERE) console.warn('No Kannel on this machine: its tests are skipped. Install it (apt-get install kannel kannel-extras) to run them.');

const SECRET = 'a-secret-of-the-peers';
const closing: (() => unknown)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

function run(path: string, args: readonly string[], folder: string): { readonly said: () => string; readonly end: () => Promise<void> } {
  const child: ChildProcess = spawn(path, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const out of [child.stdout, child.stderr]) out?.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString('utf8')}`.slice(-200_000); });
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve(); }); });
  const end = async (): Promise<void> => { child.kill('SIGKILL'); await gone; };
  closing.push(end);
  return { said: () => said, end };
}

const listens = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); }).on('error', () => { resolve(false); });
});

async function startKannel(public_url: string, sendsms: number): Promise<{ readonly phone: (text: string) => ReturnType<typeof run> }> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-kannel-'));
  closing.push(() => { rmSync(folder, { recursive: true, force: true }); });
  const [admin, box, smsc] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'kannel.conf'), `
group = core
admin-port = ${admin}
admin-interface = 127.0.0.1
admin-password = bar
smsbox-port = ${box}
smsbox-interface = 127.0.0.1
log-level = 1

group = smsc
smsc = fake
smsc-id = FAKE
port = ${smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${sendsms}
sendsms-interface = 127.0.0.1
log-level = 1

group = sendsms-user
username = us
password = secret
max-messages = 20
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "${public_url}/v1.0/providers/kannel/messages?secret=${SECRET}&id=%I&from=%p&to=%P&charset=%C&text=%b"
`);
  run(BEARERBOX ?? '', ['-v', '1', 'kannel.conf'], folder);
  await expect.poll(() => listens(admin), { timeout: PATIENCE_MS }).toBe(true);
  run(SMSBOX ?? '', ['-v', '1', 'kannel.conf'], folder);
  for (const port of [sendsms, smsc]) await expect.poll(() => listens(port), { timeout: PATIENCE_MS }).toBe(true);
  return { phone: (text) => run(FAKESMSC ?? '', ['-H', '127.0.0.1', '-r', String(smsc), '-i', '0.1', '-m', '1', text], folder) };
}

describe.skipIf(!HERE)('Kannel', () => {
  it('brings a message to its flow, which asks; brings the answer, and what became of each message', async () => {
    const sendsms = await freePort();
    const port = await freePort();
    const public_url = `http://127.0.0.1:${port}`;
    const server = await startServer({
      ACTIVEFLOW_SIP: 'false', ACTIVEFLOW_PORT: String(port), ACTIVEFLOW_PUBLIC_URL: public_url,
      ACTIVEFLOW_KANNEL_URL: `http://127.0.0.1:${sendsms}`, ACTIVEFLOW_KANNEL_USER: 'us', ACTIVEFLOW_KANNEL_PASSWORD: 'secret', ACTIVEFLOW_KANNEL_SECRET: SECRET,
    }, { extensions: false });
    closing.push(() => server.close());
    const { phone } = await startKannel(public_url, sendsms);
    const say = (text: string) => ({ type: 'message_send', option: { source: { target: '+15550100' }, destinations: [{ target: '${voipbin.message.source.target}' }], text } });
    const flow = await server.client.flows.create({ name: 'table', actions: [say('A table for two? Пожалуйста: YES 👍 or NO'), { type: 'message_receive', option: { duration: 600_000 } }, say('You said €{${voipbin.message.text}}')] });
    await server.client.numbers.create({ number: '+15550100', message_flow_id: flow.id });
    const first = phone('+15550101 +15550100 text table');
    await expect.poll(first.said, { timeout: PATIENCE_MS }).toContain('Got message');
    const statuses = async (): Promise<readonly (string | undefined)[]> => (await server.client.messages.list().page()).result.filter(({ direction }) => direction === 'outbound').map(({ targets }) => targets[0]?.status);
    await expect.poll(statuses, { timeout: PATIENCE_MS }).toEqual(['delivered']);
    // The text of other alphabets goes over the air as UTF-16, which fakesmsc shows as it came.
    expect(wideOf(first.said())).toContain('A table for two? Пожалуйста: YES 👍 or NO');
    await first.end();
    const second = phone('+15550101 +15550100 text YES');
    await expect.poll(second.said, { timeout: PATIENCE_MS }).toContain('You said €{YES}');
    await expect.poll(statuses, { timeout: PATIENCE_MS }).toEqual(['delivered', 'delivered']);
    const runs = await server.client.activeflows.list().page();
    expect(runs.result).toMatchObject([{ reference_type: 'sms', status: 'ended', end_reason: 'completed' }]);
  });
});

/** What fakesmsc shows of UTF-16: its octets, form-encoded, behind the word `ucs-2`. */
function wideOf(said: string): string {
  return [...said.matchAll(/ucs-2 (\S+)>/g)].map(([, octets = '']) => {
    const bytes = Buffer.from(octets.replaceAll('+', ' ').replaceAll(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
    return bytes.subarray(0, bytes.length - (bytes.length % 2)).swap16().toString('utf16le');
  }).join('');
}
