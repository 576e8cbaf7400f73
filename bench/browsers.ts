// Browsers that werift plays, in a process of their own: each offers, connects, speaks at its pace and counts what it hears.
import { RTCPeerConnection, RTCRtpCodecParameters, RtpHeader } from 'werift';

/** What may be asked of the process: the offer of another browser; that the newest takes this answer; that all speak, and count anew; what was counted. */
export type AskedBrowsers = 'offer' | { readonly answer: string } | 'begin' | 'heard';
/** What it says; `connected_ms` from the offer on. */
export type SaidBrowsers = { readonly sdp?: string; readonly connected_ms?: number; readonly heard?: { readonly packets: number; readonly cpu_us: number } };

type Browser = { readonly connection: RTCPeerConnection; readonly began_ms: number; sequence: number };

const browsers: Browser[] = [];
let packets = 0;
let used = process.cpuUsage();
const CODECS = [
  new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 }), new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8_000, channels: 1, payloadType: 126 }),
];
/** A voice, as far as anybody looks: it is not silent. */
const VOICE = Buffer.alloc(160, 0x95);
const FRAME_MS = 20;

async function offer(): Promise<string> {
  // A port of this machine that answers nothing: no server of somebody else's is asked.
  const connection = new RTCPeerConnection({ codecs: { audio: CODECS }, headerExtensions: {}, iceServers: [{ urls: 'stun:127.0.0.1:9' }], iceAdditionalHostAddresses: ['127.0.0.1'], iceInterfaceAddresses: { udp4: '127.0.0.1' }, iceUseIpv6: false });
  const transceiver = connection.addTransceiver('audio', { direction: 'sendrecv' });
  transceiver.onTrack.subscribe((track) => { track.onReceiveRtp.subscribe(() => { packets++; }); });
  const made = await connection.createOffer();
  // A socket has to be there before the answer is; a browser has one.
  const bound = new Promise<void>((resolve) => { connection.onIceCandidate.once(() => { resolve(); }); });
  void connection.setLocalDescription(made);
  await bound;
  browsers.push({ connection, began_ms: performance.now(), sequence: 0 });
  return made.sdp;
}

async function take(answer: string): Promise<number> {
  const browser = browsers.at(-1);
  if (!browser) throw new Error('nobody has offered');
  const { connection, began_ms } = browser;
  const up = new Promise<void>((resolve) => { connection.connectionStateChange.subscribe((state) => { if (state === 'connected') resolve(); }); });
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  if (connection.connectionState !== 'connected') await up;
  return performance.now() - began_ms;
}

function speak(): void {
  let due = performance.now();
  const send = (): void => {
    for (const browser of browsers) {
      const [transceiver] = browser.connection.getTransceivers();
      const n = browser.sequence++;
      if (transceiver) void transceiver.dtlsTransport.sendRtp(VOICE, new RtpHeader({ payloadType: 0, sequenceNumber: n & 0xffff, timestamp: (n * 160) >>> 0, ssrc: transceiver.sender.ssrc }));
    }
    due += FRAME_MS;
    setTimeout(send, Math.max(0, due - performance.now()));
  };
  send();
}

let speaking = false;
const answer = async (asked: AskedBrowsers): Promise<SaidBrowsers> => {
  if (asked === 'offer') return { sdp: await offer() };
  if (asked === 'begin') {
    if (!speaking) speak();
    [speaking, packets, used] = [true, 0, process.cpuUsage()];
    return {};
  }
  if (asked === 'heard') {
    const { user, system } = process.cpuUsage(used);
    return { heard: { packets, cpu_us: user + system } };
  }
  return { connected_ms: await take(asked.answer) };
};

if (process.send && process.argv[2] === 'serve') {
  process.on('message', (asked: AskedBrowsers) => { void answer(asked).then((said) => process.send?.(said)); });
  process.on('disconnect', () => { process.exit(0); });
  process.send({ ready: { port: 0 } });
}
