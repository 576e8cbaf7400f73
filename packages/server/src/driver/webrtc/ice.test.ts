import { createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, it } from 'vitest';
import { createIce, type Ice, type IceEnd } from './ice.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

/** A socket, and what it has heard. */
async function far(): Promise<{ readonly socket: Socket; readonly heard: Buffer[] }> {
  const socket = createSocket('udp4');
  const heard: Buffer[] = [];
  socket.on('message', (packet) => heard.push(packet));
  await new Promise<void>((resolve) => { socket.bind(0, '127.0.0.1', resolve); });
  closing.push(() => new Promise((resolve) => { socket.close(() => { resolve(); }); }));
  return { socket, heard };
}

/** A binding request as a browser signs it; without a fingerprint, which is optional. */
function request(username: string, password: string, nominates: boolean): Buffer {
  const attribute = (type: number, value: Buffer): Buffer => { const head = Buffer.alloc(4); head.writeUInt16BE(type, 0); head.writeUInt16BE(value.length, 2); return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]); };
  const body = Buffer.concat([attribute(0x0006, Buffer.from(username)), ...(nominates ? [attribute(0x0025, Buffer.alloc(0))] : [])]);
  const head = Buffer.from('000100002112a442aaaaaaaaaaaaaaaaaaaaaaaa', 'hex');
  head.writeUInt16BE(body.length + 24, 2);
  return Buffer.concat([head, body, attribute(0x0008, createHmac('sha1', password).update(Buffer.concat([head, body])).digest())]);
}

async function open(): Promise<{ readonly ice: Ice; readonly end: IceEnd; readonly packets: Buffer[]; readonly ask: (socket: Socket, packet: Buffer) => void }> {
  const ice = await createIce('127.0.0.1', 0);
  closing.push(() => ice.closeAll());
  const packets: Buffer[] = [];
  const end: IceEnd = { ufrag: 'ours', password: 'a password of ours, long', their_ufrag: 'theirs', onPacket: (packet) => { packets.push(packet); }, onHeard: () => undefined };
  ice.open(end);
  return { ice, end, packets, ask: (socket, packet) => { socket.send(packet, ice.port, '127.0.0.1'); } };
}

const DATA = Buffer.from([0x80, 1, 2, 3]);

it('answers who knows the password, takes what comes from there, and sends where it was told to', async () => {
  const { ice, end, packets, ask } = await open();
  const [one, other] = [await far(), await far()];
  ice.send(end, DATA);
  ask(one.socket, request('ours:theirs', end.password, true));
  await expect.poll(() => one.heard.length).toBe(1);
  ask(one.socket, DATA);
  await expect.poll(() => packets.length).toBe(1);
  ice.send(end, DATA);
  await expect.poll(() => one.heard.length).toBe(2);
  // The browser has moved to another network.
  ask(other.socket, request('ours:theirs', end.password, true));
  await expect.poll(() => other.heard.length).toBe(1);
  ice.send(end, DATA);
  await expect.poll(() => other.heard.length).toBe(2);
  expect(one.heard).toHaveLength(2);
});

it('says nothing to anybody else, hears nothing of them, and sends nothing to an address that has not asked', async () => {
  const { ice, end, packets, ask } = await open();
  const [good, bad] = [await far(), await far()];
  ask(good.socket, request('ours:theirs', end.password, true));
  await expect.poll(() => good.heard.length).toBe(1);
  for (const packet of [request('ours:theirs', 'a wrong password', true), request('ours:others', end.password, true), request('nobody:theirs', end.password, true), Buffer.from('000100002112a442aaaaaaaaaaaaaaaaaaaaaaaa', 'hex'), DATA]) ask(bad.socket, packet);
  // Whatever was sent before has been looked at once this is answered.
  ask(good.socket, request('ours:theirs', end.password, false));
  await expect.poll(() => good.heard.length).toBe(2);
  ice.send(end, DATA);
  await expect.poll(() => good.heard.length).toBe(3);
  expect(bad.heard).toEqual([]);
  expect(packets).toEqual([]);
  ice.close(end);
  ask(good.socket, request('ours:theirs', end.password, true));
  ask(good.socket, DATA);
  ice.send(end, DATA);
  expect(packets).toEqual([]);
});
