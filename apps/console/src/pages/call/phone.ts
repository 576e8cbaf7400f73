// The browser as a phone: its microphone, one peer connection, and what there is to hear. It knows nothing of React.
import type { Client } from '@activeflow/client';
import { closeLine, connect, loudness, openLine, openMicrophone, stop, type Line, type Microphone } from './line.js';

/** How a call stands, as the browser sees it. */
export type Phase = 'idle' | 'microphone' | 'calling' | 'connected' | 'over';
/** All that can be seen of the phone. */
export type PhoneView = {
  readonly phase: Phase;
  /** The newest call, until another one is begun. */
  readonly call_id: string;
  readonly microphone: Microphone | undefined;
  readonly muted: boolean;
  readonly pressed: string;
  /** Why there is no call, where that is a failure. */
  readonly problem: unknown;
};
/** How loud it is, from 0 to 1: what is said here, and what is heard. */
export type Levels = { readonly said: number; readonly heard: number };

/** A phone. */
export type Phone = {
  readonly view: () => PhoneView;
  readonly subscribe: (changed: () => void) => () => void;
  /** Calls a number or a flow. It resolves when the call is taken, or is not. */
  call(destination: string): Promise<void>;
  press(key: string): void;
  mute(muted: boolean): void;
  /** Hangs up; `gone`: the page goes away. */
  hangUp(gone?: boolean): void;
  /** The far end has hung up: the server says so. */
  ended(): void;
  levels(): Levels;
};

const IDLE: PhoneView = { phase: 'idle', call_id: '', microphone: undefined, muted: false, pressed: '', problem: undefined };
/** A key is heard for so long, with such a pause after it; browsers take 40 to 6000 ms (RFC 4733, WebRTC). */
const KEY = { duration_ms: 100, gap_ms: 60 } as const;
/** Without an answer of the network for so long, there is no connection. */
const CONNECT_MS = 15_000;
const NO_WAY = 'The call was taken, but no sound came through: the network between this browser and the server does not let it pass.';

/** Makes a phone that calls by this client. */
export function createPhone(client: Pick<Client, 'whip'>): Phone {
  let view = IDLE;
  let line: Line | undefined;
  const listeners = new Set<() => void>();
  const seen = (): PhoneView => view;
  const set = (change: Partial<PhoneView>): void => { view = { ...view, ...change }; for (const listener of listeners) listener(); };
  const drop = (problem?: unknown): void => {
    if (line) closeLine(line);
    line = undefined;
    set({ phase: 'over', ...(problem === undefined ? {} : { problem }) });
  };
  const hangUp = (gone = false): void => {
    const call_id = line?.call_id ?? '';
    if (line === undefined && view.phase !== 'microphone') return;
    drop();
    // It may have ended meanwhile, and the connection is closed in any case.
    if (call_id !== '') client.whip.hangup(call_id, { keepalive: gone }).catch(() => undefined);
  };
  const watch = (one: Line): void => {
    one.connection.addEventListener('connectionstatechange', () => {
      if (line !== one) return;
      const { connectionState: state } = one.connection;
      if (state === 'connected') set({ phase: 'connected' });
      if (state === 'failed') drop(new Error('The connection was lost.'));
      if (state === 'closed') drop();
    });
    setTimeout(() => { if (line === one && view.phase === 'calling') { hangUp(); set({ problem: new Error(NO_WAY) }); } }, CONNECT_MS);
  };
  const dial = async (one: Line, destination: string): Promise<void> => {
    const offer = await one.connection.createOffer();
    const taken = await client.whip.call(destination, offer.sdp ?? '');
    if (line !== one) { await client.whip.hangup(taken.call_id); return; }
    one.call_id = taken.call_id;
    set({ call_id: taken.call_id });
    watch(one);
    await connect(one.connection, offer, taken.sdp, taken.ice_servers);
  };
  return {
    view: seen, hangUp,
    subscribe(changed) { listeners.add(changed); return () => { listeners.delete(changed); }; },
    async call(destination) {
      if (line !== undefined || view.phase === 'microphone') return;
      set({ ...IDLE, phase: 'microphone' });
      const context = new AudioContext();
      const source = await openMicrophone(context);
      // It was hung up while the browser asked for the microphone.
      if (seen().phase !== 'microphone') { stop(source.stream, context); return; }
      const one = openLine(context, source);
      line = one;
      set({ phase: 'calling', microphone: source.microphone });
      await dial(one, destination).catch((error: unknown) => { if (line === one) drop(error); });
    },
    press(key) { if (line && view.phase === 'connected' && sendKey(line, key)) set({ pressed: view.pressed + key }); },
    mute(muted) {
      for (const track of line?.source.stream.getAudioTracks() ?? []) track.enabled = !muted;
      set({ muted });
    },
    ended() { if (line !== undefined) drop(); },
    levels: () => ({ said: line && !view.muted && line.source.microphone === 'on' ? loudness(line.said) : 0, heard: line?.heard ? loudness(line.heard) : 0 }),
  };
}

/** Sends a key as a telephone-event; false where that is not possible. */
function sendKey({ sender: { dtmf } }: Line, key: string): boolean {
  if (!dtmf?.canInsertDTMF) return false;
  // What is still to be sent is kept: a new row would replace it.
  dtmf.insertDTMF(dtmf.toneBuffer + key, KEY.duration_ms, KEY.gap_ms);
  return true;
}
