// How a leg's packets travel: by UDP sockets of its own, or over a port to another thread.
import type { Carrier } from './leg.js';
import type { MediaTransport } from './media.js';
import type { createPorts, Heard } from './udp.js';

/** A leg's way, and the local RTP port of it; 0: it has none. */
export type Opened = { readonly carrier: Carrier; readonly port: number };

/** Opens the way a transport asks for; `heard` gets what comes by it, from address '' where there is none. */
export async function openCarrier(transport: MediaTransport, ports: ReturnType<typeof createPorts>, heard: Heard): Promise<Opened> {
  if (transport.kind === 'udp') return openUdp(ports, heard);
  const { port } = transport;
  port.on('message', (bytes: unknown) => { if (bytes instanceof Uint8Array) heard(bytes, '', 0); });
  const carrier: Carrier = {
    // A copy: the buffer serves again.
    rtp(bytes, size) { port.postMessage(bytes.slice(0, size)); return true; },
    rtcp: () => undefined,
    close() { port.close(); },
  };
  return { carrier, port: 0 };
}

async function openUdp(ports: ReturnType<typeof createPorts>, heard: Heard): Promise<Opened> {
  // Reports of the far end are taken and thrown away.
  const { rtp, rtcp } = await ports.open(heard, () => undefined);
  const carrier: Carrier = {
    rtp(bytes, size, target) {
      if (target === null) return false;
      rtp.send(bytes, size, target.port, target.address);
      return true;
    },
    rtcp(bytes, target) { if (target !== null) rtcp.send(bytes, bytes.length, target.port + 1, target.address); },
    close() {
      rtp.close();
      // The goodbye may still be on its way to the socket.
      setImmediate(() => { rtcp.close(); });
    },
  };
  return { carrier, port: rtp.port };
}
