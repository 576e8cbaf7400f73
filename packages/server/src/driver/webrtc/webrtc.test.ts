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
});
