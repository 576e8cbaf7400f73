// One call of the browser: a microphone, a peer connection, and what is to be heard. Everything in it is closed with it.
import type { IceServer } from '@activeflow/client';

/** What there is of a microphone: a call is possible without, too, for listening and pressing keys. */
export type Microphone = 'on' | 'none' | 'refused' | 'insecure';
/** What is sent. */
export type Source = { readonly microphone: Microphone; readonly stream: MediaStream };
/** A line. */
export type Line = {
  readonly connection: RTCPeerConnection; readonly context: AudioContext; readonly sound: HTMLAudioElement; readonly source: Source; readonly sender: RTCRtpSender;
  readonly said: AnalyserNode; heard: AnalyserNode | undefined; call_id: string;
};

/** The microphone; where there is none to be had, a silence that keeps the way open for keys. */
export async function openMicrophone(context: AudioContext): Promise<Source> {
  const silence = (microphone: Microphone): Source => {
    const way = context.createMediaStreamDestination();
    const nothing = context.createConstantSource();
    // Without a source nothing is sent, not even silence.
    nothing.offset.value = 0;
    nothing.connect(way);
    nothing.start();
    return { microphone, stream: way.stream };
  };
  // A page that did not come by https, or from this machine, has none (Secure Contexts).
  const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
  if (mediaDevices === undefined) return silence('insecure');
  try {
    return { microphone: 'on', stream: await mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } }) };
  } catch (error) {
    return silence((error as DOMException).name === 'NotAllowedError' ? 'refused' : 'none');
  }
}

/** Opens a line; nothing is sent yet. */
export function openLine(context: AudioContext, source: Source): Line {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const [track] = source.stream.getAudioTracks();
  const { sender } = connection.addTransceiver(track ?? 'audio', { direction: 'sendrecv', streams: [source.stream] });
  const said = context.createAnalyser();
  context.createMediaStreamSource(source.stream).connect(said);
  void context.resume();
  const line: Line = { connection, context, source, sender, said, heard: undefined, call_id: '', sound: new Audio() };
  connection.addEventListener('track', ({ track: remote }) => {
    const stream = new MediaStream([remote]);
    line.sound.srcObject = stream;
    // Whoever has pressed the button to call has allowed sound.
    void line.sound.play().catch(() => undefined);
    line.heard = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(line.heard);
  });
  return line;
}

/** Candidates are looked for only now, by the servers that came with the answer. */
export async function connect(connection: RTCPeerConnection, offer: RTCSessionDescriptionInit, sdp: string, ice_servers: readonly IceServer[]): Promise<void> {
  if (ice_servers.length > 0) connection.setConfiguration({ bundlePolicy: 'max-bundle', iceServers: ice_servers.map((server) => ({ ...server })) });
  await connection.setLocalDescription(offer);
  await connection.setRemoteDescription({ type: 'answer', sdp });
}

/** Closes it. */
export function closeLine({ connection, context, sound, source }: Line): void {
  connection.close();
  sound.srcObject = null;
  stop(source.stream, context);
}

/** Gives the microphone back. */
export function stop(stream: MediaStream, context: AudioContext): void {
  for (const track of stream.getTracks()) track.stop();
  void context.close();
}

/** From −60 dB, which is as good as silent, to 0 dB. */
export function loudness(analyser: AnalyserNode): number {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.max(0, Math.min(1, 1 + Math.log10(Math.max(power, 1e-12)) / 6));
}
