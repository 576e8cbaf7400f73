// What is done to a line: answer, mute, echo, digits in and out, listening for a machine, joining a room, copying its sound, hanging up.
import { deriveId, type Option } from '@activeflow/engine';
import { Permanent, type Performed } from '../driver.js';
import type { HangupReason } from '../call-document.js';
import type { ForkAsked } from '../../media/media.js';
import type { StoredEffect } from '../../store/store.js';
import { callIdOf, performOn } from './begin.js';
import { callNotFound, readCall } from './document.js';
import { endCall } from './end.js';
import { settleOpen, type Floor, type Line } from './line.js';

const PROGRESSING = { 'voipbin.call.status': 'progressing' } as const;
const DONE = { ok: true, variables: PROGRESSING } as const;

/** Performs `call.answer`. A call that was dialled is answered by the other side: then this waits for it. */
export const performAnswer = (floor: Floor, effect: StoredEffect): Promise<Performed> => performOn(floor, effect, () => ({ start: () => DONE }));

/** Performs `call.mute`: nobody hears the caller any more. */
export const performMute = (floor: Floor, effect: StoredEffect): Promise<Performed> =>
  performOn(floor, effect, (line) => ({ start: () => { floor.legs.mute(line.id, true); return DONE; } }));

/** Performs `call.echo`, for `duration` milliseconds. */
export const performEcho = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const { duration } = effect.payload as { duration: number };
  return performOn(floor, effect, (line) => ({
    lasts_ms: duration,
    start: () => { floor.legs.echo(line.id, true); return undefined; },
    undo: () => { floor.legs.echo(line.id, false); },
  }));
};

/** Performs `call.digits_receive`. */
export const performCollect = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const { duration, length, key } = effect.payload as { duration: number; length: number; key: string };
  return performOn(floor, effect, () => ({ lasts_ms: duration, collects: { length, key }, start: () => undefined }));
};

/** Performs `call.digits_send`. */
export const performSend = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const { digits, duration, interval } = effect.payload as { digits: string; duration: number; interval: number };
  const sendable = [...digits.toUpperCase()].filter((digit) => /[0-9A-D*#]/.test(digit)).join('');
  return performOn(floor, effect, (line) => ({
    start: () => {
      if (sendable === '') return { ok: true, data: {} };
      floor.legs.sendDigits(line.id, effect.id, sendable, duration, interval);
      return undefined;
    },
  }));
};

/** Digits have been sent. */
export async function digitsSent(floor: Floor, line: Line, id: string): Promise<void> {
  const open = line.open.get(id);
  if (open) await settleOpen(floor, line, open, { ok: true, data: {} });
}

/** Performs `call.amd`: whether a machine answered, as far as its sound tells. */
export const performAmd = (floor: Floor, effect: StoredEffect): Promise<Performed> =>
  performOn(floor, effect, (line) => ({ start: () => { floor.legs.detect(line.id, effect.id); return undefined; } }));

/** It is known who answered, or that it cannot be told (`machine` null). Where the run does not wait, a machine is hung up on here. */
export async function detected(floor: Floor, line: Line, id: string, machine: boolean | null, detail: string): Promise<void> {
  const open = line.open.get(id);
  if (open === undefined) return;
  const { machine_handle, async } = open.effect.payload;
  await settleOpen(floor, line, open, { ok: true, data: { machine, detail } });
  if (machine === true && async === true && machine_handle === 'hangup') await endCall(floor, line.id, { by: 'local', reason: 'amd' });
}

/** The room of a conference of a customer: those who join the same one hear each other. */
export const roomOf = (customer_id: string, payload: Option): string => deriveId(customer_id, `room/${String(payload['kind'])}/${String(payload['room'])}`);

/** Performs `call.join`: the call is in the room until it leaves or ends. */
export const performJoin = (floor: Floor, effect: StoredEffect): Promise<Performed> => {
  const room = roomOf(effect.customer_id, effect.payload);
  return performOn(floor, effect, (line) => ({
    start: () => {
      line.room = room;
      floor.legs.join(line.id, room);
      return undefined;
    },
    undo: () => {
      if (line.room !== room) return;
      line.room = '';
      floor.legs.leave(line.id);
    },
  }));
};

/** A leg has left a room: what had it there is over. */
export async function left(floor: Floor, line: Line, room: string): Promise<void> {
  if (line.room !== room) return;
  line.room = '';
  for (const open of [...line.open.values()]) {
    if (open.effect.kind !== 'call.join' && open.effect.kind !== 'call.connect') continue;
    await settleOpen(floor, line, open, { ok: true, data: {} });
    await open.undo();
  }
  await line.bridge?.leaves(line.id);
}

/** Performs `call.hangup`: of the run's own call, and then the run ends with it, or of another one of the same customer. */
export async function performHangup(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const { call_id, reason } = effect.payload as { call_id: string; reason: Exclude<HangupReason, ''> };
  const call = await readCall(floor, call_id);
  if (call?.customer_id !== effect.customer_id) throw callNotFound(call_id);
  await endCall(floor, call_id, { by: 'local', reason });
  return { done: { ok: true } };
}

type Fork = { readonly external_host: string; readonly format: string; readonly direction: string; readonly encapsulation: string; readonly transport: string };

const CODECS: Readonly<Record<string, ForkAsked['codec']>> = { '': 'ulaw', ulaw: 'ulaw', alaw: 'alaw', slin16: 'slin16' };

/** Performs `call.external_media_start`: the sound of the call is sent to a host as RTP, and what comes back is played to the caller. */
export async function performFork(floor: Floor, effect: StoredEffect): Promise<Performed> {
  const asked = await forkOf(floor, effect.payload as Fork);
  const id = forkId(callIdOf(effect));
  return performOn(floor, effect, (line) => ({ start: () => { floor.legs.fork(line.id, id, asked); return { ...DONE, data: { external_media_id: id } }; } }));
}

/** Performs `call.external_media_stop`. */
export const performUnfork = (floor: Floor, effect: StoredEffect): Promise<Performed> =>
  performOn(floor, effect, (line) => ({ start: () => { floor.legs.unfork(line.id, forkId(line.id)); return DONE; } }));

/** A call's sound goes to one host at a time. */
const forkId = (call_id: string): string => deriveId(call_id, 'external_media');

async function forkOf({ settings }: Floor, { external_host, format, direction, encapsulation, transport }: Fork): Promise<ForkAsked> {
  const wrong = (message: string): Permanent => new Permanent('INVALID_ACTION_OPTION', message);
  const [, name, bare, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(external_host) ?? [];
  const port = Number(digits);
  const codec = CODECS[format];
  if (digits === undefined || port < 1 || port > 65_535) throw wrong('external_host must be `host:port`');
  if (codec === undefined) throw wrong(`format "${format.slice(0, 32)}" is none of ${Object.keys(CODECS).filter(Boolean).join(', ')}`);
  if (!['', 'rtp'].includes(encapsulation) || !['', 'udp'].includes(transport)) throw wrong('sound is sent as rtp over udp only');
  const host = await settings.outside(name ?? bare ?? '');
  return { host, port, codec, direction: direction === 'in' || direction === 'out' ? direction : 'both', duplex: true };
}
