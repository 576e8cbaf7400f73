// DTLS-SRTP with one browser (RFC 5763, RFC 5764): the handshake is werift's, in which we wait for the browser to begin.
// Two things it leaves out are done here: that the browser has the key of the certificate it shows, and which records count once it is through.
import { createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { CipherContext, DtlsServer, HashAlgorithm, keyLength, NamedCurveAlgorithm, saltLength, SignatureAlgorithm, type SignatureHash } from 'werift';
import { createRecordOrder } from './dtls-order.js';
import type { SrtpKeys } from './srtp.js';

/** A certificate of our own, made anew with each start. */
export type OwnCertificate = { readonly cert: string; readonly key: string; readonly signature_hash: SignatureHash; /** SHA-256, as SDP writes it. */ readonly fingerprint: string };

/** Makes a certificate. */
export async function createCertificate(): Promise<OwnCertificate> {
  const { certPem, keyPem, signatureHash } = await CipherContext.createSelfSignedCertificateWithKey({ signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 }, NamedCurveAlgorithm.secp256r1_23);
  return { cert: certPem, key: keyPem, signature_hash: signatureHash, fingerprint: fingerprintOf(new X509Certificate(certPem).raw, 'sha-256') };
}

/** A certificate's fingerprint as SDP writes it (RFC 8122 §5). */
export const fingerprintOf = (certificate: Buffer, algorithm: string): string =>
  createHash(algorithm.replace('-', '')).update(certificate).digest('hex').toUpperCase().match(/../g)?.join(':') ?? '';

/** What becomes of the handshake; one of the three ends, or none. */
export type DtlsHandlers = {
  send(packet: Buffer): void;
  connected(keys: SrtpKeys): void;
  /** The browser said goodbye. */
  closed(): void;
  failed(detail: string): void;
};

/** One DTLS association. */
export type Dtls = {
  receive(packet: Buffer): void;
  /** Says goodbye, where there is somebody to say it to, and ends. */
  close(): void;
};

/** SRTP_AEAD_AES_128_GCM before SRTP_AES128_CM_HMAC_SHA1_80: what browsers offer, the faster first. */
const PROFILES = [7, 1] as const;
const RECORD_BYTES = 13;
const ALERT = 21;
const CERTIFICATE_VERIFY = 15;

/** Waits for a browser whose certificate has one of these fingerprints. */
export function createDtls(own: OwnCertificate, fingerprints: readonly { readonly algorithm: string; readonly value: string }[], handlers: DtlsHandlers): Dtls {
  let state: 'connecting' | 'connected' | 'over' = 'connecting';
  const order = createRecordOrder();
  const end = (say: () => void): void => { if (state === 'over') return; state = 'over'; stopRepeating(server); say(); };
  const transport = { type: 'browser', onData: (_packet: Buffer): void => undefined, send: async (packet: Buffer) => { if (state !== 'over') handlers.send(packet); }, close: async () => undefined, address: undefined as never };
  const server = new DtlsServer({ cert: own.cert, key: own.key, signatureHash: own.signature_hash, transport: transport as never, srtpProfiles: [...PROFILES], extendedMasterSecret: true, certificateRequest: true });
  server.onConnect.once(() => {
    if (state !== 'connecting') return;
    const fault = faultOf(server, fingerprints);
    if (fault !== undefined) { end(() => { handlers.failed(fault); }); return; }
    state = 'connected';
    order.through();
    handlers.connected(keysOf(server));
  });
  server.onClose.subscribe(() => { end(() => { handlers.closed(); }); });
  server.onError.subscribe((error) => { end(() => { handlers.failed(`the handshake failed: ${String(error)}`); }); });
  return {
    receive(packet) {
      if (state === 'over') return;
      const counts = order.admit(packet);
      if (counts.length === 0) return;
      try {
        transport.onData(counts);
      } catch {
        // What is no record is no record: the next packet may be one.
      }
    },
    close() {
      if (state === 'connected') sayGoodbye(server, handlers);
      end(() => undefined);
    },
  };
}

/** Why the browser is not the one that signed the offer; undefined where it is. */
function faultOf(server: DtlsServer, fingerprints: readonly { readonly algorithm: string; readonly value: string }[]): string | undefined {
  const shown = server.remoteCertificate;
  if (shown === undefined) return 'no certificate was shown';
  const same = fingerprints.some(({ algorithm, value }) => {
    const [ours, theirs] = [Buffer.from(fingerprintOf(shown, algorithm)), Buffer.from(value)];
    return ours.length === theirs.length && timingSafeEqual(ours, theirs);
  });
  if (!same) return 'the certificate is not the one whose fingerprint was offered';
  return provesKey(server, shown) ? undefined : 'the certificate was shown without its key';
}

/** RFC 5246 §7.4.8: the signature is over every message of the handshake before it. */
function provesKey(server: DtlsServer, shown: Buffer): boolean {
  const messages = server.dtls.sortedHandshakeCache;
  const at = messages.findIndex(({ msg_type }) => msg_type === CERTIFICATE_VERIFY);
  const body = messages[at]?.fragment;
  if (body === undefined || body.length < 4) return false;
  const hash = ({ 4: 'sha256', 5: 'sha384', 6: 'sha512' } as Readonly<Record<number, string>>)[body[0] ?? 0];
  if (hash === undefined) return false;
  try {
    return verify(hash, Buffer.concat(messages.slice(0, at).map((message) => message.serialize())), new X509Certificate(shown).publicKey, body.subarray(4, 4 + body.readUInt16BE(2)));
  } catch {
    return false;
  }
}

function keysOf(server: DtlsServer): SrtpKeys {
  const profile = server.srtp.srtpProfile ?? PROFILES[1];
  const { localKey, localSalt, remoteKey, remoteSalt } = server.extractSessionKeys(keyLength(profile), saltLength(profile)) as Record<'localKey' | 'localSalt' | 'remoteKey' | 'remoteSalt', Buffer>;
  return { profile, keys: { localMasterKey: localKey, localMasterSalt: localSalt, remoteMasterKey: remoteKey, remoteMasterSalt: remoteSalt } };
}

/** close_notify (RFC 5246 §7.2.1): a browser that hears it need not wait until it hears nothing. */
function sayGoodbye(server: DtlsServer, handlers: Pick<DtlsHandlers, 'send'>): void {
  const body = Buffer.from([1, 0]);
  const header = { contentType: ALERT, protocolVersion: server.dtls.version, epoch: server.dtls.epoch, sequenceNumber: ++server.dtls.recordSequenceNumber, contentLen: body.length };
  const { fragment } = server.cipher.encryptPacket({ recordLayerHeader: header, fragment: body } as never);
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt8(ALERT, 0);
  record.writeUInt8(header.protocolVersion.major, 1);
  record.writeUInt8(header.protocolVersion.minor, 2);
  record.writeUInt16BE(header.epoch, 3);
  record.writeUIntBE(header.sequenceNumber, 5, 6);
  record.writeUInt16BE(fragment.length, 11);
  handlers.send(Buffer.concat([record, fragment]));
}

/** A flight is sent again until a later one has come: say that it has. */
function stopRepeating(server: DtlsServer): void {
  server.dtls.flight = Number.MAX_SAFE_INTEGER;
}
