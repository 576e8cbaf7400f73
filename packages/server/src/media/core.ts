// What the media worker does: commands in, answers out, a tick every 20 ms. The thread around it is `worker.ts`.
import { openCarrier } from './carriers.js';
import { createClock, type Clock } from './clock.js';
import { createLeg, type Leg } from './leg.js';
import type { MediaFact, MediaSettings } from './media.js';
import type { Playable } from './player.js';
import { sentenceOf, type Answer, type Command, type LegCommand, type PostedSound } from './protocol.js';
import type { Counters } from './receiver.js';
import { createRooms, type Guest, type Rooms } from './rooms.js';
import { openFile, openSilence, openTone } from './sources.js';
import { createStreams, type Streams } from './streams.js';
import { createPorts } from './udp.js';

/** The worker, without its thread. */
export type Core = { take(command: Command): void };

/** A frame is late that is sent more than this after its time. */
const LATE_MS = 10;

type Say = (answer: Answer) => void;
/** What all of it shares. */
type Parts = {
  readonly settings: MediaSettings;
  readonly say: Say;
  readonly legs: Map<string, Leg>;
  readonly opening: Set<string>;
  readonly counters: Counters;
  readonly ports: ReturnType<typeof createPorts>;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly rooms: Rooms;
  /** Recordings whose end has not been told yet, and who waits for that. */
  readonly recordings: { open: number; over: (() => void) | null };
};

/** Makes it; `say` carries answers to the main thread. */
export function createCore(settings: MediaSettings, say: Say): Core {
  const legs = new Map<string, Leg>();
  const counters: Counters = { packets_in: 0, packets_out: 0, refused: 0, late: 0 };
  const rooms = createRooms();
  const clock = createClock({
    frame(late_ms) {
      if (late_ms > LATE_MS) counters.late += legs.size;
      // All input first, then everybody's output: nobody is heard later by one than by another.
      for (const leg of legs.values()) leg.hear();
      rooms.mix();
      for (const leg of legs.values()) leg.speak(rooms.frameOf(leg.leg_id));
    },
    skip(frames) { for (const leg of legs.values()) leg.skip(frames); },
  });
  const parts: Parts = { settings, say, legs, counters, clock, rooms, recordings: { open: 0, over: null }, opening: new Set(), ports: createPorts(settings.host, settings.ports), streams: createStreams(say) };
  return { take(command) { take(parts, command); } };
}

function take(parts: Parts, command: Command): void {
  switch (command.do) {
    case 'open': void open(parts, command); return;
    case 'close': close(parts, command.leg_id); return;
    case 'play': play(parts, command); return;
    case 'chunk': parts.streams.chunk(command.stream, command.samples); return;
    case 'chunks_end': parts.streams.end(command.stream, command.message); return;
    case 'stats': parts.say({ say: 'stats', call: command.call, stats: { legs: parts.legs.size, ...parts.counters } }); return;
    case 'stop_worker': closeAll(parts, () => { parts.say({ say: 'stopped', call: command.call }); }); return;
    case 'agree': case 'stop': case 'echo': case 'mute': case 'send_digits': case 'record': case 'stop_recording': case 'detect': case 'join': case 'leave': case 'fork': case 'unfork': {
      const leg = parts.legs.get(command.leg_id);
      if (leg !== undefined) takeOfLeg(parts, leg, command);
      return;
    }
    default: return command satisfies never;
  }
}

async function open(parts: Parts, { call, leg_id, transport }: Extract<Command, { do: 'open' }>): Promise<void> {
  const { say, legs, opening, counters, settings: { host, silent_ms } } = parts;
  if (legs.has(leg_id) || opening.has(leg_id)) { say({ say: 'refused', call, message: `Leg ${leg_id} is open.` }); return; }
  opening.add(leg_id);
  try {
    const { carrier, port } = await openCarrier(transport, parts.ports, (bytes, address, from) => legs.get(leg_id)?.packet(bytes, address, from));
    if (!opening.has(leg_id)) { carrier.close(); say({ say: 'refused', call, message: `Leg ${leg_id} was closed.` }); return; }
    const told = (fact: MediaFact): void => {
      say({ say: 'event', event: { ...fact, leg_id } });
      if (fact.type === 'digit') parts.rooms.digit(leg_id, fact.digit);
      if (fact.type === 'recording_done' && --parts.recordings.open === 0) parts.recordings.over?.();
    };
    legs.set(leg_id, createLeg({ leg_id, carrier, counters, host, silent_ms, now: () => performance.now(), say: told }));
    parts.clock.start();
    say({ say: 'opened', call, port });
  } catch (error) { say({ say: 'refused', call, message: sentenceOf(error) }); }
  finally { opening.delete(leg_id); }
}

function close({ legs, opening, clock, rooms }: Parts, leg_id: string): void {
  opening.delete(leg_id);
  const leg = legs.get(leg_id);
  if (leg === undefined) return;
  legs.delete(leg_id);
  rooms.leave(leg_id);
  leg.close();
  if (legs.size === 0) clock.stop();
}

/** Closes every leg; `over` is told once their recordings are whole. */
function closeAll(parts: Parts, over: () => void): void {
  for (const leg_id of [...parts.legs.keys(), ...parts.opening]) close(parts, leg_id);
  if (parts.recordings.open === 0) over();
  else parts.recordings.over = over;
}

function play({ legs, streams }: Parts, { leg_id, id, sounds, loop }: Extract<Command, { do: 'play' }>): void {
  const leg = legs.get(leg_id);
  for (const sound of sounds) if (sound.kind === 'stream') streams.expect(sound.stream, loop);
  const playables = sounds.map((sound) => playableOf(streams, sound));
  if (leg?.fresh(id)) leg.player.play(id, playables, loop);
  else for (const playable of playables) playable.drop();
}

function playableOf(streams: Streams, sound: PostedSound): Playable {
  switch (sound.kind) {
    case 'file': return { open: () => openFile(sound.path), drop: () => undefined };
    case 'tone': return { open: () => openTone(sound.frequencies_hz, sound.on_ms, sound.off_ms, sound.repeat), drop: () => undefined };
    case 'silence': return { open: () => openSilence(sound.duration_ms), drop: () => undefined };
    case 'stream': return { open: () => streams.open(sound.stream), drop: () => { streams.drop(sound.stream); } };
    default: return sound satisfies never;
  }
}

/** Commands of one leg that is open. */
function takeOfLeg({ rooms, recordings }: Parts, leg: Leg, command: LegCommand): void {
  switch (command.do) {
    case 'agree': leg.agree(command.agreement); return;
    case 'stop': leg.player.stop(command.id); return;
    case 'echo': leg.echo(command.on); return;
    case 'mute': leg.mute(command.on); return;
    case 'send_digits': if (leg.fresh(command.id)) leg.digits(command); return;
    case 'record':
      if (!leg.fresh(command.id)) return;
      recordings.open++;
      leg.record(command.id, command.asked);
      return;
    case 'stop_recording': leg.stopRecording(command.id); return;
    case 'detect': if (leg.fresh(command.id)) leg.detect(command.id); return;
    case 'fork': if (leg.fresh(command.id)) leg.fork(command.id, command.asked); return;
    case 'unfork': leg.unfork(command.id); return;
    case 'join': rooms.join(guestOf(leg), command.room_id, command.asked); return;
    case 'leave': rooms.leave(leg.leg_id); return;
    default: return command satisfies never;
  }
}

/** A digit of one member, as it is sent on to the others. */
const RELAYED = { id: null, duration_ms: 100, interval_ms: 60 } as const;

const guestOf = (leg: Leg): Guest => ({ leg_id: leg.leg_id, heard: leg.heard, say: (fact) => { leg.say(fact); }, relay: (digits) => { leg.digits({ ...RELAYED, digits }); } });
