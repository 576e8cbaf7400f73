// The one UDP socket of all browsers, as an ICE-lite end (RFC 8445 §2.5): a browser asks, and what asks with the right password is answered.
// Nothing is ever sent to an address that has not asked so: an offer cannot make this server send packets to whomever it names.
import { createSocket, type RemoteInfo } from 'node:dgram';
import { bindingSuccess, isGenuine, isStun, readBindingRequest } from './stun.js';

/** Where a packet came from. */
export type From = { readonly address: string; readonly port: number };

/** One browser, as the socket sees it. */
export type IceEnd = {
  /** Ours: it names the browser in every request. */
  readonly ufrag: string;
  readonly password: string;
  readonly their_ufrag: string;
  /** A packet that is no STUN, from an address that has asked. */
  onPacket(packet: Buffer): void;
  /** It asked with the right password. */
  onHeard(): void;
};

/** The socket. */
export type Ice = {
  readonly port: number;
  open(end: IceEnd): void;
  /** Sends to the address that the browser has chosen; nothing before it has. */
  send(end: IceEnd, packet: Uint8Array): void;
  close(end: IceEnd): void;
  closeAll(): Promise<void>;
};

/** Addresses that one browser may ask from: each of its networks, each port of its relays. */
const ADDRESSES = 32;
/** Fifty browsers' packets of a tenth of a second. */
const BUFFER_BYTES = 1 << 20;

type Entry = { readonly end: IceEnd; readonly from: Set<string>; chosen: From | undefined };

/** Binds the socket. Throws where the address or port cannot be had. */
export async function createIce(host: string, port: number): Promise<Ice> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  await new Promise<void>((resolve, reject) => { socket.once('error', reject).bind(port, host, () => { socket.off('error', reject); resolve(); }); });
  // A packet that cannot be sent is a packet that was lost.
  socket.on('error', () => undefined);
  enlarge(socket);
  const byUfrag = new Map<string, Entry>();
  const byAddress = new Map<string, Entry>();
  socket.on('message', (packet, remote) => {
    if (isStun(packet)) asked(packet, remote);
    else byAddress.get(keyOf(remote))?.end.onPacket(packet);
  });

  const asked = (packet: Buffer, remote: RemoteInfo): void => {
    const request = readBindingRequest(packet);
    const entry = request && byUfrag.get(request.username.split(':', 1)[0] ?? '');
    if (!request || !entry || request.username !== `${entry.end.ufrag}:${entry.end.their_ufrag}` || !isGenuine(request, entry.end.password)) return;
    const key = keyOf(remote);
    if (!entry.from.has(key)) {
      if (entry.from.size >= ADDRESSES) return;
      entry.from.add(key);
      byAddress.set(key, entry);
    }
    socket.send(bindingSuccess(request, remote, entry.end.password), remote.port, remote.address);
    if (request.nominates || entry.chosen === undefined) entry.chosen = { address: remote.address, port: remote.port };
    entry.end.onHeard();
  };

  return {
    port: socket.address().port,
    open(end) { byUfrag.set(end.ufrag, { end, from: new Set(), chosen: undefined }); },
    send({ ufrag }, packet) {
      const chosen = byUfrag.get(ufrag)?.chosen;
      if (chosen !== undefined) socket.send(packet, chosen.port, chosen.address);
    },
    close({ ufrag }) {
      const entry = byUfrag.get(ufrag);
      byUfrag.delete(ufrag);
      for (const key of entry?.from ?? []) if (byAddress.get(key) === entry) byAddress.delete(key);
    },
    closeAll: () => new Promise((resolve) => { byUfrag.clear(); byAddress.clear(); socket.close(() => { resolve(); }); }),
  };
}

const keyOf = ({ address, port }: From): string => `${address} ${port}`;

function enlarge(socket: ReturnType<typeof createSocket>): void {
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // The system allows no more than it has: it goes without.
  }
}
