// The browsers of the worker: each is an ICE end, a DTLS handshake, SRTP, and a port to the media worker.
import { createDtls, type Dtls, type OwnCertificate } from './dtls.js';
import { createIce, type IceEnd } from './ice.js';
import { createSrtp, isRtp, type Srtp } from './srtp.js';
import type { FromWorker, Opened, WorkerSettings } from './wire.js';

/** Every browser of this worker. */
export type Peers = {
  readonly port: number;
  open(opened: Opened): void;
  close(leg_id: string): void;
  closeAll(): Promise<void>;
};

/** How often it is looked for those that are gone. */
const SWEEP_MS = 500;

type Gone = Extract<FromWorker, { readonly type: 'gone' }>['how'];
type Peer = { readonly opened: Opened; readonly end: IceEnd; readonly began_ms: number; heard_ms: number; dtls: Dtls | undefined; srtp: Srtp | undefined };

/** Binds the socket, and hears of nobody yet. */
export async function createPeers(settings: WorkerSettings, certificate: OwnCertificate, tell: (fact: FromWorker) => void): Promise<Peers> {
  const ice = await createIce(settings.host, settings.port);
  const peers = new Map<string, Peer>();

  const remove = (peer: Peer): boolean => {
    if (!peers.delete(peer.opened.leg_id)) return false;
    peer.dtls?.close();
    ice.close(peer.end);
    peer.opened.port.close();
    return true;
  };
  const gone = (peer: Peer, how: Gone, detail: string): void => {
    if (remove(peer)) tell({ type: 'gone', leg_id: peer.opened.leg_id, how, detail });
  };

  const shake = (peer: Peer): Dtls => createDtls(certificate, peer.opened.fingerprints, {
    send: (packet) => { ice.send(peer.end, packet); },
    connected(keys) { peer.srtp = createSrtp(keys, peer.opened.ssrc); tell({ type: 'connected', leg_id: peer.opened.leg_id }); },
    closed: () => { gone(peer, 'closed', 'the browser closed the connection'); },
    failed: (detail) => { gone(peer, 'failed', detail); },
  });
  const received = (peer: Peer, packet: Buffer): void => {
    const first = packet[0] ?? 0;
    // RFC 7983: DTLS is 20 to 63, RTP and RTCP are 128 to 191. RTCP tells of quality only, which nobody here asks for.
    if (first >= 20 && first <= 63) { (peer.dtls ??= shake(peer)).receive(packet); return; }
    const plain = peer.srtp !== undefined && isRtp(packet) ? peer.srtp.unprotect(packet) : undefined;
    if (plain === undefined || !peer.opened.payload_types.includes((plain[1] ?? 0) & 0x7f)) return;
    peer.heard_ms = performance.now();
    peer.opened.port.postMessage(plain);
  };

  const sweep = setInterval(() => {
    for (const peer of peers.values()) {
      const lost = lostBy(peer, settings);
      if (lost !== undefined) gone(peer, ...lost);
    }
  }, SWEEP_MS);

  return {
    port: ice.port,
    open(opened) {
      const now_ms = performance.now();
      const peer: Peer = {
        opened, began_ms: now_ms, heard_ms: now_ms, dtls: undefined, srtp: undefined,
        end: { ...opened.ice, onPacket: (packet) => { received(peer, packet); }, onHeard: () => { peer.heard_ms = performance.now(); } },
      };
      peers.set(opened.leg_id, peer);
      ice.open(peer.end);
      opened.port.on('message', (plain: Uint8Array) => {
        const packet = peer.srtp?.protect(plain);
        if (packet !== undefined) ice.send(peer.end, packet);
      });
    },
    close(leg_id) {
      const peer = peers.get(leg_id);
      if (peer !== undefined) remove(peer);
    },
    async closeAll() {
      clearInterval(sweep);
      for (const peer of peers.values()) remove(peer);
      await ice.closeAll();
    },
  };
}

/** How a browser was lost that has said nothing for too long; undefined while it is not. */
function lostBy({ srtp, began_ms, heard_ms }: Peer, { connect_ms, quiet_ms }: WorkerSettings): readonly [Gone, string] | undefined {
  const now_ms = performance.now();
  if (srtp === undefined) return now_ms - began_ms > connect_ms ? ['timeout', `not connected within ${connect_ms} ms`] : undefined;
  return now_ms - heard_ms > quiet_ms ? ['quiet', `nothing was heard of the browser for ${quiet_ms} ms`] : undefined;
}
