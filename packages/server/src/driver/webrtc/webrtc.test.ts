import { createSocket } from 'node:dgram';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { silent } from '../../log.js';
import type { MediaAgreement } from '../../media/media.js';
import type { SignalFact } from '../legs.js';
import { openCaller, type Caller } from './testing/caller.js';
import { createWebrtc, type WebrtcSettings } from './webrtc.js';

const CUSTOMER = '10000000-0000-4000-8000-00000000000c';
const ASKED = { customer_id: CUSTOMER, source: '', destination: { number: '+15550100' } } as const;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

/** The signalling of browsers, with the ports of a media worker held by hand. */
async function open(settings: Partial<WebrtcSettings> = {}, decide: 'ring' | 'answer' | 'reject' | 'nothing' = 'ring') {
  const ports = new Map<string, MessagePort>();
  const agreed: Omit<MediaAgreement, 'remote'>[] = [];
  const plain: Uint8Array[] = [];
  const facts: (SignalFact & { readonly leg_id: string })[] = [];
  const closed: string[] = [];
  const media = {
    async open(leg_id: string, transport: { readonly kind: string; readonly port?: MessagePort }) {
      transport.port?.on('message', (packet: Uint8Array) => plain.push(packet));
      if (transport.port) ports.set(leg_id, transport.port);
      return { port: 0 };
    },
    agree(_leg_id: string, agreement: MediaAgreement) { agreed.push(agreement); },
    close(leg_id: string) { closed.push(leg_id); ports.get(leg_id)?.close(); },
  };
  const webrtc = createWebrtc({ media, log: silent, settings: { host: '127.0.0.1', port: 0, public_address: '', ice_servers: [], at_most: 10, ...settings } });
  webrtc.listen((leg_id, fact) => {
    facts.push({ ...fact, leg_id });
    if (fact.type !== 'offered') return;
    if (decide === 'ring') void webrtc.ring(leg_id);
    if (decide === 'answer') void webrtc.answer(leg_id);
    if (decide === 'reject') void webrtc.reject(leg_id, 'not_found');
  });
  await webrtc.start();
  closing.push(() => webrtc.close());
  return { webrtc, ports, agreed, plain, facts, closed, types: () => facts.map(({ type }) => type) };
}

async function dial(webrtc: Awaited<ReturnType<typeof open>>['webrtc'], caller: Caller) {
  closing.push(() => caller.close());
  const answer = await webrtc.call({ ...ASKED, sdp: await caller.offer() });
  if (!answer.taken) throw new Error(answer.detail);
  await caller.connect(answer.sdp);
  return answer;
}

describe('a browser', () => {
  it('is connected, heard and hears', async () => {
    const { webrtc, ports, plain, agreed, types } = await open();
    const caller = openCaller();
    const { call_id } = await dial(webrtc, caller);
    expect(agreed).toMatchObject([{ codec: 'PCMU', payload_type: 0, telephone_event: 126, direction: 'sendrecv', remote: null }]);
    await webrtc.answer(call_id);
    expect(types()).toEqual(['offered', 'answered']);
    await expect.poll(() => { caller.send(0, 0x55); return plain.length; }).toBeGreaterThan(0);
    expect(Buffer.from(plain[0]!).subarray(12)).toEqual(Buffer.alloc(160, 0x55));
    const packet = Buffer.alloc(172, 0x2a);
    packet.writeUInt16BE(0x8000, 0);
    packet.writeUInt16BE(7, 2);
    ports.get(call_id)!.postMessage(packet);
    await expect.poll(() => caller.heard.length).toBe(1);
    expect(caller.heard[0]!.payload).toEqual(Buffer.alloc(160, 0x2a));
  });

  it('sends its digits as telephone-events, under the type that it offered', async () => {
    const { webrtc, plain } = await open();
    const caller = openCaller();
    await dial(webrtc, caller);
    await expect.poll(() => { caller.send(126, 0x01); caller.send(111, 0x02); return plain.length; }).toBeGreaterThan(2);
    // Opus was offered, too, and not taken.
    expect(new Set(plain.map((packet) => (packet[1] ?? 0) & 0x7f))).toEqual(new Set([126]));
  });

  it('is told when it is answered, hung up and refused', async () => {
    const { webrtc, types, facts, closed } = await open();
    const caller = openCaller();
    const { call_id } = await dial(webrtc, caller);
    await webrtc.answer(call_id);
    await webrtc.answer(call_id);
    await webrtc.hangup(call_id, 'normal');
    await webrtc.hangup(call_id, 'normal');
    expect(types()).toEqual(['offered', 'answered', 'ended']);
    expect(facts.at(-1)).toMatchObject({ cause: 'normal', by: 'local' });
    expect(closed).toEqual([call_id]);
    // The goodbye reaches it at once.
    await expect.poll(() => caller.dtls()).toBe('closed');
    await webrtc.answer(call_id);
    await webrtc.ring(call_id);
    await webrtc.reject(call_id, 'busy');
    expect(types()).toHaveLength(3);
  });

  it('hangs up by the door, and only its own customer does', async () => {
    const { webrtc, facts } = await open();
    const caller = openCaller();
    const { call_id } = await dial(webrtc, caller);
    expect(await webrtc.hangupBy('somebody else', call_id)).toBe(false);
    expect(webrtc.has('somebody else', call_id)).toBe(false);
    expect(webrtc.has(CUSTOMER, call_id)).toBe(true);
    expect(await webrtc.hangupBy(CUSTOMER, call_id)).toBe(true);
    expect(await webrtc.hangupBy(CUSTOMER, call_id)).toBe(false);
    expect(facts.at(-1)).toMatchObject({ type: 'ended', cause: 'normal', by: 'remote' });
  });

  it('whose call is rejected hears why, and nothing is left', async () => {
    const { webrtc, types, closed } = await open({}, 'reject');
    const caller = openCaller();
    closing.push(() => caller.close());
    expect(await webrtc.call({ ...ASKED, sdp: await caller.offer() })).toMatchObject({ taken: false, why: 'not_found' });
    expect(types()).toEqual(['offered', 'ended']);
    expect(closed).toHaveLength(1);
  });

  it('that only listens is not sent away for its silence', async () => {
    const { webrtc, agreed, types } = await open();
    const caller = openCaller(['pcma'], 'recvonly');
    const { call_id } = await dial(webrtc, caller);
    expect(agreed).toMatchObject([{ codec: 'PCMA', payload_type: 8, telephone_event: null, direction: 'sendonly' }]);
    webrtc.silent?.(call_id);
    expect(types()).toEqual(['offered']);
  });

  it('that never connects is given up', async () => {
    const { webrtc, facts } = await open({ connect_ms: 100 }, 'answer');
    const caller = openCaller();
    closing.push(() => caller.close());
    expect(await webrtc.call({ ...ASKED, sdp: await caller.offer() })).toMatchObject({ taken: true });
    await expect.poll(() => facts.at(-1)).toMatchObject({ type: 'ended', cause: 'timeout', by: 'local' });
    expect(facts.map(({ type }) => type)).toEqual(['offered', 'ended']);
  });

  it('about which nobody decides is told so', async () => {
    const { webrtc, types } = await open({ connect_ms: 100 }, 'nothing');
    const caller = openCaller();
    closing.push(() => caller.close());
    expect(await webrtc.call({ ...ASKED, sdp: await caller.offer() })).toMatchObject({ taken: false, why: 'unavailable' });
    expect(types()).toEqual(['offered', 'ended']);
  });

  it('is there as long as it is heard, and missed once it has vanished without a word', async () => {
    const { webrtc, facts, plain } = await open({ quiet_ms: 2_000 });
    const caller = openCaller();
    await dial(webrtc, caller);
    const speaking = setInterval(() => { caller.send(0, 0x55); }, 20);
    await expect.poll(() => plain.length).toBeGreaterThan(150);
    expect(facts.map(({ type }) => type)).toEqual(['offered']);
    clearInterval(speaking);
    caller.vanish();
    await expect.poll(() => facts.at(-1)).toMatchObject({ type: 'ended', cause: 'timeout', by: 'local' });
  });

  it('too many of them are refused, until one has gone', async () => {
    const { webrtc } = await open({ at_most: 1 });
    const [one, other] = [openCaller(), openCaller()];
    closing.push(() => other.close());
    const { call_id } = await dial(webrtc, one);
    const sdp = await other.offer();
    expect(await webrtc.call({ ...ASKED, sdp })).toMatchObject({ taken: false, why: 'overloaded' });
    await webrtc.hangup(call_id, 'normal');
    expect(await webrtc.call({ ...ASKED, sdp })).toMatchObject({ taken: true });
  });

  it('is what it says it is: another certificate than the one that was offered is refused', async () => {
    const { webrtc, facts } = await open();
    const caller = openCaller();
    closing.push(() => caller.close());
    const sdp = (await caller.offer()).replace(/(a=fingerprint:sha-256 )(..)/, (_, name: string, byte: string) => `${name}${byte === '00' ? '01' : '00'}`);
    const answer = await webrtc.call({ ...ASKED, sdp });
    void caller.connect(answer.taken ? answer.sdp : '');
    await expect.poll(() => facts.at(-1)).toMatchObject({ type: 'ended', cause: 'failed' });
    expect(facts.at(-1)).toMatchObject({ detail: expect.stringContaining('fingerprint') });
  });

  it('cannot be called', async () => {
    const { webrtc } = await open();
    expect(await webrtc.reaches(CUSTOMER, { type: 'sip', target: 'browser', target_name: '', name: '', detail: '' })).toBe(false);
    await expect(webrtc.originate({ leg_id: 'l', customer_id: CUSTOMER, source: {} as never, destination: {} as never, anonymous: false, timeout_ms: 1 })).rejects.toMatchObject({ reason: 'NO_ROUTE' });
  });
});

describe('the worker thread of browsers', () => {
  it('says so where its port is taken', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => { taken.bind(0, '127.0.0.1', resolve); });
    const media = { open: async () => ({ port: 0 }), agree: () => undefined, close: () => undefined };
    const webrtc = createWebrtc({ media, log: silent, settings: { host: '127.0.0.1', port: taken.address().port, public_address: '', ice_servers: [], at_most: 1 } });
    await expect(webrtc.start()).rejects.toThrow(/EADDRINUSE/);
    await webrtc.close();
    await new Promise<void>((resolve) => { taken.close(() => { resolve(); }); });
  });

  it('ends its browsers when the server stops', async () => {
    const { webrtc, facts } = await open();
    await dial(webrtc, openCaller());
    await webrtc.close();
    expect(facts.at(-1)).toMatchObject({ type: 'ended', cause: 'lost', by: 'local' });
  });
});
