// Legs of this process: signallings (SIP, browsers) and the media worker made one. Nothing outlives the process: `alive` is empty after a start.
import type { Media, MediaEvent } from '../../media/media.js';
import { Permanent } from '../driver.js';
import type { LegEvent, LegFact, Legs, SignalFact, Signalling } from '../legs.js';

/** What embedded legs are made of; a destination is dialled by the first signalling that reaches it. */
export type EmbeddedParts = { readonly signallings: readonly Signalling[]; readonly media: Media };

/** How long the end of a leg waits for the ends of its recordings: they are told first. */
const RECORDING_MS = 2_000;

/** A leg that is up. */
type Leg = {
  readonly signalling: Signalling;
  /** Events told so far. */
  told: number;
  readonly recordings: Set<string>;
  /** Its signalling has ended, and recordings are being finished. */
  ending?: () => void;
};

/** Makes the legs of this process. */
export function createEmbedded({ signallings, media }: EmbeddedParts): Legs {
  const legs = new Map<string, Leg>();
  let listener: (event: LegEvent) => void = () => undefined;

  const tell = (leg_id: string, leg: Leg, fact: LegFact): void => { listener({ ...fact, leg_id, number: ++leg.told }); };

  const heard = (event: MediaEvent): void => {
    const { leg_id, ...fact } = event;
    const leg = legs.get(leg_id);
    if (leg === undefined) return;
    if (fact.type === 'silent') {
      // Whether it is only on hold, its signalling may know.
      if (leg.signalling.silent !== undefined) leg.signalling.silent(leg_id);
      else void leg.signalling.hangup(leg_id, 'timeout');
      return;
    }
    tell(leg_id, leg, fact);
    if (fact.type === 'recording_done' && leg.recordings.delete(fact.id) && leg.recordings.size === 0) leg.ending?.();
  };

  const signalled = (signalling: Signalling) => (leg_id: string, fact: SignalFact): void => {
    if (fact.type === 'offered' && !legs.has(leg_id)) legs.set(leg_id, { signalling, told: 0, recordings: new Set() });
    const leg = legs.get(leg_id);
    if (leg === undefined || leg.ending !== undefined) return;
    if (fact.type !== 'ended') { tell(leg_id, leg, fact); return; }
    media.close(leg_id);
    const end = (): void => {
      clearTimeout(patience);
      if (legs.delete(leg_id)) tell(leg_id, leg, fact);
    };
    const patience = setTimeout(end, RECORDING_MS);
    leg.ending = end;
    if (leg.recordings.size === 0) end();
  };

  media.listen(heard);
  for (const signalling of signallings) signalling.listen(signalled(signalling));
  return {
    ...soundOf(media), ...signallingOf(legs),
    name: 'embedded',
    listen(heardBy) { listener = heardBy; },
    async start() { for (const signalling of signallings) await signalling.start(); },
    alive: () => Promise.resolve([...legs.keys()]),
    reaches: async (customer_id, destination) => (await reaching(signallings, customer_id, destination)) !== undefined,
    async originate(asked) {
      if (legs.has(asked.leg_id)) return;
      const signalling = await reaching(signallings, asked.customer_id, asked.destination);
      if (signalling === undefined) throw new Permanent('NO_ROUTE', `nothing reaches ${asked.destination.type || 'the'} ${asked.destination.target.slice(0, 64)}`);
      // Before it is dialled: its first fact may come at once.
      if (legs.has(asked.leg_id)) return;
      legs.set(asked.leg_id, { signalling, told: 0, recordings: new Set() });
      await signalling.originate(asked).catch((error: unknown) => { legs.delete(asked.leg_id); throw error; });
    },
    record(leg_id, id, asked) {
      const leg = legs.get(leg_id);
      if (leg === undefined || leg.ending !== undefined) return;
      leg.recordings.add(id);
      media.record(leg_id, id, asked);
    },
    async close() { for (const signalling of signallings) await signalling.close(); },
  };
}

/** What of a leg is its signalling's alone. */
function signallingOf(legs: ReadonlyMap<string, Leg>): Pick<Legs, 'ring' | 'answer' | 'reject' | 'hangup'> {
  const ofLeg = (leg_id: string, ask: (signalling: Signalling) => Promise<void>): Promise<void> => {
    const leg = legs.get(leg_id);
    return leg === undefined ? Promise.resolve() : ask(leg.signalling);
  };
  return {
    ring: (leg_id, early_media) => ofLeg(leg_id, (signalling) => signalling.ring(leg_id, early_media)),
    answer: (leg_id) => ofLeg(leg_id, (signalling) => signalling.answer(leg_id)),
    reject: (leg_id, cause) => ofLeg(leg_id, (signalling) => signalling.reject(leg_id, cause)),
    hangup: (leg_id, cause) => ofLeg(leg_id, (signalling) => signalling.hangup(leg_id, cause)),
  };
}

/** What of a leg is the media worker's alone. */
function soundOf(media: Media): Pick<Legs, 'play' | 'stop' | 'echo' | 'mute' | 'sendDigits' | 'detect' | 'join' | 'leave' | 'fork' | 'unfork' | 'stopRecording'> {
  return {
    play: (...asked) => { media.play(...asked); }, stop: (...asked) => { media.stop(...asked); },
    echo: (...asked) => { media.echo(...asked); }, mute: (...asked) => { media.mute(...asked); },
    sendDigits: (...asked) => { media.sendDigits(...asked); }, detect: (...asked) => { media.detect(...asked); },
    join: (...asked) => { media.join(...asked); }, leave: (leg_id) => { media.leave(leg_id); },
    fork: (...asked) => { media.fork(...asked); }, unfork: (...asked) => { media.unfork(...asked); },
    stopRecording: (...asked) => { media.stopRecording(...asked); },
  };
}

async function reaching(signallings: readonly Signalling[], ...asked: Parameters<Signalling['reaches']>): Promise<Signalling | undefined> {
  for (const signalling of signallings) if (await signalling.reaches(...asked)) return signalling;
  return undefined;
}
