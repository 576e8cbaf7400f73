import { execFile, execFileSync, type ExecFileException } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { header } from './headers.js';
import { parseMessage } from './parse.js';
import { printMessage } from './print.js';
import { authorized, openPhone, requestsOf, sdp } from './testing/phone.js';
import { CUSTOMER, eventually, pass, startWorld, trunk, type World } from './testing/world.js';
import { virtualTimers } from './timers.js';
import type { SipMessage } from './types.js';
import { openTransport, type OpenTransport } from './transport/open.js';

const worlds: World[] = [];
afterEach(async () => { for (const world of worlds.splice(0)) await world.close(); });

/** The same numbers in each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A transport that loses so much of what it is to send. */
const lossy = (loss: number, seed: number): OpenTransport => {
  const chance = dice(seed);
  return (...given) => {
    const transport = openTransport(...given);
    return { ...transport, send: (...sent) => (chance() < loss ? '' : transport.send(...sent)) };
  };
};

const TEL = { type: 'tel', target: '+49', target_name: '', name: '', detail: '' };

describe('two user agents of ours', () => {
  it('make a hundred calls over a link that loses a tenth, and none fails', async () => {
    const timers = virtualTimers();
    const called = await startWorld({
      timers, transport: lossy(0.1, 1), trunks: [trunk({ allowed_addresses: ['127.0.0.1'] })],
      on: (sip, { leg_id, fact }) => { if (fact.type === 'offered') void sip.ring(leg_id).then(() => sip.answer(leg_id)); },
    });
    const calling = await startWorld({
      timers, transport: lossy(0.1, 2), settings: { outbound_allow: ['+'] }, trunks: [trunk({ uri: `sip:127.0.0.1:${called.port}`, prefixes: ['+'] })],
      // Some are hung up at one end, some at the other.
      on: (sip, { leg_id, fact }) => { if (fact.type === 'answered' && Number(leg_id) % 2 === 0) timers.after(3_000, () => { void sip.hangup(leg_id, 'normal'); }); },
    });
    worlds.push(called, calling);
    for (let i = 0; i < 100; i++) await calling.sip.originate({ leg_id: String(i), customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 60_000 });
    await pass(timers, 40_000, 100);
    for (const { leg_id, fact } of called.told) if (fact.type === 'offered') await called.sip.hangup(leg_id, 'normal');
    await pass(timers, 40_000, 100);
    for (let i = 0; i < 100; i++) expect(calling.facts(String(i)).filter((fact) => fact !== 'ringing')).toEqual(['answered', `ended normal ${i % 2 === 0 ? 'local' : 'remote'}`]);
    const offered = called.told.flatMap(({ leg_id, fact }) => (fact.type === 'offered' ? [leg_id] : []));
    expect(offered).toHaveLength(100);
    for (const leg_id of offered) expect(called.facts(leg_id).at(-1)).toMatch(/^ended normal/);
    for (const world of worlds) expect([world.sip.counts(), world.media.open.size]).toEqual([{ legs: 0, dialogs: 0, phones: 0 }, 0]);
    expect(calling.stats().retransmissions).toBeGreaterThan(20);
  });

  it('call one another over TCP, and everything of a call takes the connection it began on', async () => {
    const called = await startWorld({
      listen: ['tcp'], trunks: [trunk({ allowed_addresses: ['127.0.0.1'] })],
      on: (sip, { leg_id, fact }) => { if (fact.type === 'offered') void sip.answer(leg_id); },
    });
    const calling = await startWorld({
      listen: ['tcp'], settings: { outbound_allow: ['+'] }, trunks: [trunk({ uri: `sip:127.0.0.1:${called.port};transport=tcp`, prefixes: ['+'] })],
    });
    worlds.push(called, calling);
    await calling.sip.originate({ leg_id: 'a', customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 60_000 });
    await calling.until('answered');
    const { leg_id } = await called.until('answered');
    await called.sip.hangup(leg_id, 'normal');
    expect((await calling.until('ended')).fact).toMatchObject({ cause: 'normal', by: 'remote' });
  });
});

describe('a phone behind a WebSocket', () => {
  it('is called over the connection that it registered by, and is forgotten with it', async () => {
    const world = await startWorld({ listen: ['ws'], extensions: { 1000: 'secret' } });
    worlds.push(world);
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}`, 'sip');
    const came: SipMessage[] = [];
    socket.on('message', (data: Buffer) => { const { message } = parseMessage(data); if (message !== undefined) came.push(message); });
    await new Promise((resolve) => { socket.once('open', resolve); });
    const response = (status: number): Promise<SipMessage> => eventually(() => came.find((message) => message.kind === 'response' && message.status === status), () => String(status));
    // What it says of itself can be reached by nobody, as a browser's cannot (RFC 7118 §5).
    const make = requestsOf(9, () => world.port, 'WS');
    const aor = { uri: 'sip:127.0.0.1', to: '<sip:1000@127.0.0.1>', contact: false, headers: [['Contact', '<sip:x@df7jal23ls0d.invalid;transport=ws>']] } as const;
    const first = make('REGISTER', aor);
    socket.send(printMessage(first));
    const challenge = await response(401);
    if (challenge.kind === 'response') socket.send(printMessage(authorized(first, challenge, '1000', 'secret', aor, make)));
    await response(200);
    expect(world.sip.registered(CUSTOMER, '1000')).toMatchObject([{ transport: 'ws' }]);

    const dial = (leg_id: string): Promise<void> => world.sip.originate({ leg_id, customer_id: CUSTOMER, source: TEL, destination: { ...TEL, type: 'extension', target: '1000' }, anonymous: false, timeout_ms: 60_000 });
    await dial('a');
    const invite = await eventually(() => came.find((message) => message.kind === 'request'), () => 'INVITE');
    expect(invite).toMatchObject({ method: 'INVITE', uri: 'sip:x@df7jal23ls0d.invalid;transport=ws' });
    expect(header(invite, 'Contact')).toContain(';transport=ws');
    socket.terminate();
    expect((await world.until('ended', 'a')).fact).toMatchObject({ cause: 'failed', by: 'remote' });
    expect(world.sip.registered(CUSTOMER, '1000')).toEqual([]);
    await dial('b');
    expect((await world.until('ended', 'b')).fact).toMatchObject({ cause: 'noanswer' });
  });
});

describe('the end of the server', () => {
  it('hangs up what is up, whichever way it went', async () => {
    const phone = await openPhone(() => world.port);
    const world = await startWorld({ trunks: [trunk({ allowed_addresses: ['127.0.0.1'], uri: `sip:127.0.0.1:${phone.port}`, prefixes: ['+'] })], settings: { outbound_allow: ['+'] } });
    const ringing = phone.request('INVITE', { sdp: sdp() });
    phone.send(ringing);
    await world.until('offered');
    const up = phone.request('INVITE', { sdp: sdp() });
    phone.send(up);
    const { leg_id } = await world.until('offered');
    await world.sip.answer(leg_id);
    phone.ack(up, await phone.response_to(up));
    await world.sip.originate({ leg_id: 'out', customer_id: CUSTOMER, source: TEL, destination: TEL, anonymous: false, timeout_ms: 60_000 });
    phone.respond(await phone.request_of('INVITE'), 180);
    await world.until('ringing');
    await phone.settled();
    const closed = world.close();
    expect((await phone.response_to(ringing)).status).toBe(503);
    await phone.request_of('BYE');
    await phone.request_of('CANCEL');
    await closed;
    expect(world.told.filter(({ fact }) => fact.type === 'ended').map(({ fact }) => fact)).toHaveLength(3);
    expect(world.media.open.size).toBe(0);
    await phone.close();
  });
});

const hasSipp = (() => { try { execFileSync('which', ['sipp']); return true; } catch { return false; } })();

/** Runs sipp to its end; throws with what it said where a call of its failed. */
const sipp = (args: readonly string[]): Promise<void> => new Promise((resolve, reject) => {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-sipp-'));
  execFile('sipp', [...args, '-nostdin', '-i', '127.0.0.1'], { cwd: folder, timeout: 120_000 }, (error: ExecFileException | null, out, err) => {
    rmSync(folder, { recursive: true, force: true });
    if (error === null) resolve();
    else reject(new Error(`sipp ended with ${error.code ?? error.signal}: ${err.slice(-2_000)} ${out.slice(-2_000)}`));
  });
});

// Skipped where it is not installed: `apt-get install sip-tester`.
describe.skipIf(!hasSipp)('sipp, a peer that nobody here wrote', () => {
  it('calls two hundred times, and each call is answered and ends', async () => {
    const world = await startWorld({
      trunks: [trunk({ allowed_addresses: ['127.0.0.1'] })],
      on: (sip, { leg_id, fact }) => { if (fact.type === 'offered') void sip.ring(leg_id).then(() => sip.answer(leg_id)); },
    });
    worlds.push(world);
    await sipp(['-sn', 'uac', `127.0.0.1:${world.port}`, '-m', '200', '-r', '50', '-d', '100']);
    expect(world.told.filter(({ fact }) => fact.type === 'ended' && fact.cause === 'normal' && fact.by === 'remote')).toHaveLength(200);
    expect(world.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 });
  });
});
