import { DtlsClient } from 'werift';
import { beforeAll, expect, it } from 'vitest';
import { createCertificate, createDtls, type OwnCertificate } from './dtls.js';
import { createSrtp, type SrtpKeys } from './srtp.js';

let ours: OwnCertificate;
let theirs: OwnCertificate;
beforeAll(async () => { [ours, theirs] = [await createCertificate(), await createCertificate()]; });

/** Shakes hands with a client that shows `certificate`, and tells how it came out here. */
async function shake(certificate: OwnCertificate, offered: OwnCertificate = theirs, lost: (sender: 'client' | 'server', packet: number) => boolean = () => false) {
  const counts = { client: 0, server: 0 };
  const arrives = (sender: 'client' | 'server', what: () => void): void => { if (!lost(sender, counts[sender]++)) setImmediate(what); };
  const transport = { type: 'test', onData: (_packet: Buffer): void => undefined, send: async (packet: Buffer) => { arrives('client', () => { dtls.receive(packet); }); }, close: async () => undefined, address: {} as never };
  const client = new DtlsClient({ cert: certificate.cert, key: certificate.key, signatureHash: certificate.signature_hash, transport, srtpProfiles: [7, 1], extendedMasterSecret: true } as never);
  const sent: Buffer[] = [];
  const told: string[] = [];
  let keys: SrtpKeys | undefined;
  let out: (how: string) => void = () => undefined;
  const outcome = new Promise<string>((resolve) => { out = resolve; });
  const dtls = createDtls(ours, [{ algorithm: 'sha-256', value: offered.fingerprint }], {
    send(packet) { sent.push(packet); arrives('server', () => { transport.onData(packet); }); },
    connected(agreed) { keys = agreed; told.push('connected'); out('connected'); },
    closed() { told.push('closed'); }, failed(detail) { told.push('failed'); out(detail); },
  });
  void client.connect();
  return { how: await outcome, dtls, client, told, keys, sent };
}

it('is through with who has the key of the certificate that was offered', async () => {
  const { how, keys } = await shake(theirs);
  expect(how).toBe('connected');
  expect(keys?.profile).toBe(7);
});

// Not the fifth of the server, the request for a certificate: without it this client goes on as if there were none.
it.each([...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => ['client', n] as const), ...[0, 1, 2, 3, 5].map((n) => ['server', n] as const)])('is through although the %s loses packet %i', async (from, n) => {
  expect((await shake(theirs, theirs, (sender, packet) => sender === from && packet === n)).how).toBe('connected');
});

it('refuses another certificate', async () => {
  expect((await shake(ours)).how).toContain('fingerprint');
});

it('refuses the right certificate that is shown without its key', async () => {
  const copied = { ...theirs, key: ours.key };
  expect((await shake(copied)).how).toBe('the certificate was shown without its key');
});

it('is not ended, and not begun anew, by what comes in the clear once it is through', async () => {
  const { dtls, told, sent } = await shake(theirs);
  const before = sent.length;
  // close_notify, a ClientHello and garbage, as anybody can send them.
  for (const text of ['15fefd000000000000000a00020100', '16fefd0000000000000000000400000000', '15fefd0001', 'ff']) dtls.receive(Buffer.from(text, 'hex'));
  expect(told).toEqual(['connected']);
  expect(sent).toHaveLength(before);
});

it('encrypts for nobody but the other end, and takes nothing twice', async () => {
  const { keys } = await shake(theirs);
  const { localMasterKey, localMasterSalt, remoteMasterKey, remoteMasterSalt } = keys!.keys;
  const here = createSrtp(keys!, 0xabcdef01);
  const there = createSrtp({ profile: keys!.profile, keys: { localMasterKey: remoteMasterKey, localMasterSalt: remoteMasterSalt, remoteMasterKey: localMasterKey, remoteMasterSalt: localMasterSalt } }, 0x01020304);
  const packet = (sequence: number): Buffer => { const plain = Buffer.alloc(172, 0x55); plain.writeUInt16BE(0x8000, 0); plain.writeUInt16BE(sequence & 0xffff, 2); plain.writeUInt32BE(7, 8); return plain; };
  const first = here.protect(packet(65_534))!;
  expect(first.includes(Buffer.alloc(20, 0x55))).toBe(false);
  const plain = there.unprotect(first)!;
  expect([plain.readUInt32BE(8), plain.subarray(12)]).toEqual([0xabcdef01, Buffer.alloc(160, 0x55)]);
  expect(there.unprotect(first)).toBeUndefined();
  // Over the end of the sequence numbers, out of order, once each.
  const row = [65_535, 0, 2, 1].map((sequence) => here.protect(packet(sequence))!);
  expect(row.map((one) => there.unprotect(one)?.readUInt16BE(2))).toEqual([65_535, 0, 2, 1]);
  expect([first, ...row].map((one) => there.unprotect(one))).toEqual([undefined, undefined, undefined, undefined, undefined]);
  const forged = Buffer.from(here.protect(packet(3))!);
  forged[20] = (forged[20] ?? 0) ^ 1;
  expect(there.unprotect(forged)).toBeUndefined();
  expect(here.protect(Buffer.alloc(5))).toBeUndefined();
});
