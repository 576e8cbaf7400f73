// A browser that is played by werift: the far end of tests. It offers, and sends and hears plain RTP.
import { RTCPeerConnection, RTCRtpCodecParameters, RtpPacket, type RTCRtpTransceiver } from 'werift';

/** The browser. */
export type Caller = {
  /** The offer, without candidates: it is for the server to be found. */
  offer(): Promise<string>;
  /** Takes the answer and resolves when the connection is up. */
  connect(answer: string): Promise<void>;
  /** Sends one packet of the type, 160 bytes of this value. */
  send(payload_type: number, value: number): void;
  /** The packets heard so far. */
  readonly heard: RtpPacket[];
  state(): string;
  /** How its DTLS stands. */
  dtls(): string;
  /** Says nothing more, not even goodbye. */
  vanish(): void;
  close(): Promise<void>;
};

/** Codecs by their names here. */
const CODECS = {
  pcmu: new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
  pcma: new RTCRtpCodecParameters({ mimeType: 'audio/PCMA', clockRate: 8000, channels: 1, payloadType: 8 }),
  opus: new RTCRtpCodecParameters({ mimeType: 'audio/OPUS', clockRate: 48000, channels: 2, payloadType: 111 }),
  events: new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8000, channels: 1, payloadType: 126 }),
} as const;

/** Opens a browser. */
export function openCaller(codecs: readonly (keyof typeof CODECS)[] = ['opus', 'pcmu', 'events'], direction: 'sendrecv' | 'sendonly' | 'recvonly' = 'sendrecv'): Caller {
  const connection = new RTCPeerConnection({
    codecs: { audio: codecs.map((name) => CODECS[name]) }, headerExtensions: {},
    // A port of this machine that answers nothing: no server of somebody else's is asked.
    iceServers: [{ urls: 'stun:127.0.0.1:9' }], iceAdditionalHostAddresses: ['127.0.0.1'], iceInterfaceAddresses: { udp4: '127.0.0.1' }, iceUseIpv6: false,
  });
  const transceiver: RTCRtpTransceiver = connection.addTransceiver('audio', { direction });
  const heard: RtpPacket[] = [];
  let sequence = 1;
  transceiver.onTrack.subscribe((track) => { track.onReceiveRtp.subscribe((packet) => { heard.push(packet); }); });
  return {
    heard,
    async offer() {
      const offer = await connection.createOffer();
      // It goes on looking for candidates; the first is a socket to ask from.
      const bound = new Promise<void>((resolve) => { connection.onIceCandidate.once(() => { resolve(); }); });
      void connection.setLocalDescription(offer);
      await bound;
      return offer.sdp;
    },
    async connect(answer) {
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
      if (connection.connectionState !== 'connected') await new Promise<void>((resolve) => { connection.connectionStateChange.subscribe((state) => { if (state === 'connected') resolve(); }); });
    },
    send(payload_type, value) {
      const packet = Buffer.alloc(172, value);
      packet.writeUInt16BE(0x8000 | payload_type, 0);
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE(160 * sequence++, 4);
      packet.writeUInt32BE(transceiver.sender.ssrc, 8);
      const { header, payload } = RtpPacket.deSerialize(packet);
      void transceiver.dtlsTransport.sendRtp(payload, header);
    },
    state: () => connection.connectionState,
    dtls: () => transceiver.dtlsTransport.state,
    vanish() { void transceiver.dtlsTransport.iceTransport.stop(); },
    close: () => connection.close(),
  };
}
