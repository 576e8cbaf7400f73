// `message.send`: hands a message to a provider, target by target. That it is about to be is committed before it is, so that a crash in between
// leaves a name for what may have gone out, and never a second message.
import { ms, type Address, type Instant, type Result } from '@activeflow/engine';
import type { Room } from '../call-document.js';
import { Permanent, Retryable, type Performed } from '../driver.js';
import type { DocumentWrite, StoredEffect } from '../../store/store.js';
import type { Caps } from './caps.js';
import { messageIdOf, messageOf, newMessage, newTarget, nextMessage, partsOf, plain, referenceOf, type Message, type Target } from './document.js';
import type { Gate } from './gate.js';
import { isBlocked } from './keywords.js';
import type { MessageProvider } from './provider.js';
import { remember } from './receipts.js';
import { begun, isOpen, later, submitted, told, turned, type Outcome } from './target.js';
import { nextThread, readThread, runOn, takenBy } from './thread.js';

/** What sends. */
export type Floor = Room & {
  readonly carriers: ReadonlyMap<string, { readonly provider: MessageProvider; readonly gate: Gate }>;
  /** The provider of a destination and a sender; undefined where no route leads anywhere. */
  readonly route: (destination: string, source: string) => string | undefined;
  readonly caps: Caps;
  /** Effects that are being performed here: one that is asked for again meanwhile has lost its lease, not its process. */
  readonly under_way: Set<string>;
};

type Payload = { readonly source: Address; readonly destinations: readonly Address[]; readonly text: string };

/** A change to one target, made again on what is there where somebody else was faster. */
type Patch = { readonly ordinal: number; readonly make: (target: Target) => Target };

/** A message on its way: as it is stored, and what is not stored of it yet. */
type Sending = { readonly floor: Floor; readonly effect: StoredEffect; message: Message; patches: readonly Patch[]; began: Instant };

/** What is still open is not gone on with for longer: the rest is the next look's. */
const LONGEST_MS = 60_000;
/** Before a message is tried again whose provider has no room. */
const NO_ROOM_MS = 250;
/** The longest before a provider that was away is looked at again. */
const LONGEST_AWAY_MS = 300_000;
/** For how long a message waits for a provider, or for room under its cap. */
const GIVEN_UP_MS = 24 * 3_600_000;

/** Performs `message.send`. */
export async function performSend(floor: Floor, effect: StoredEffect, signal: AbortSignal): Promise<Performed> {
  const { host, under_way } = floor;
  if ((effect.payload as Payload).destinations.length === 0) return { done: { ok: true, data: { message_id: messageIdOf(effect) } } };
  if (under_way.has(effect.id)) return { open: true, again_at: host.clock.now() + ms(1_000) };
  under_way.add(effect.id);
  try {
    const sending: Sending = { floor, effect, message: await read(floor, effect), patches: [], began: host.clock.now() };
    for (const ordinal of sending.message.data.targets.keys()) {
      if (signal.aborted || host.clock.now() - sending.began > ms(LONGEST_MS)) break;
      await hand(sending, ordinal, signal);
    }
    return await conclude(sending);
  } finally {
    under_way.delete(effect.id);
  }
}

/** The message of an effect: as it is stored, or as version 0. */
async function read({ host }: Floor, effect: StoredEffect): Promise<Message> {
  const id = messageIdOf(effect);
  const found = messageOf(await host.document('message', id));
  if (found) return found;
  const { source, destinations, text } = effect.payload as Payload;
  const now = host.clock.now();
  const targets = destinations.map((destination) => newTarget(destination, now));
  return { ...newMessage(id, effect.customer_id, now, { source, direction: 'outbound', text, activeflow_id: effect.activeflow_id, targets }), version: 0 };
}

/** Takes one target as far as it goes now. */
async function hand(sending: Sending, ordinal: number, signal: AbortSignal): Promise<void> {
  const { floor, message } = sending;
  const { clock } = floor.host;
  const target = message.data.targets[ordinal];
  if (!target || !isOpen(target) || (target.again_at ?? 0) > clock.now()) return;
  const add = (make: Patch['make']): void => { sending.patches = [...sending.patches, { ordinal, make }]; };
  // Where somebody else has taken it further meanwhile, that stands.
  const patch = (make: Patch['make']): void => { add((one) => (isOpen(one) ? make(one) : one)); };
  const carrier = target.status === 'sending' ? await resumed(sending, ordinal, patch) : await allowed(sending, target, patch);
  if (!carrier) return;
  const entered = carrier.gate.enter();
  if (!entered) { patch((one) => ({ ...one, again_at: clock.now() + ms(NO_ROOM_MS) })); return; }
  const leave = await entered;
  try {
    const until = target.status === 'sending' ? undefined : await floor.caps.take(sending.effect.customer_id, message.data.source.target);
    if (until !== undefined) { patch(postponed(sending, until, 'MESSAGE_CAP: the sender has sent as many as it may in an hour')); return; }
    patch((one) => begun(one, carrier.provider.name, clock.now()));
    if (!carrier.provider.repeatable && !(await write(sending))) return;
    const outcome = await submit(sending, ordinal, carrier.provider, signal);
    add((one) => submitted(one, outcome, { now: clock.now(), since: sending.effect.tm_create, reference: referenceOf(message.id, ordinal) }));
  } finally {
    leave();
  }
}

type Carrier = { readonly provider: MessageProvider; readonly gate: Gate };
type SetPatch = (make: Patch['make']) => void;

/** The provider of a target that has not been handed over, where it may be now. */
async function allowed({ floor, effect, message: { data } }: Sending, target: Target, patch: SetPatch): Promise<Carrier | undefined> {
  const { customer_id, activeflow_id, tm_create } = effect;
  const { clock } = floor.host;
  const [peer, number] = [target.destination.target, data.source.target];
  if (await isBlocked(floor, { customer_id, number, peer, activeflow_id })) {
    patch((one) => turned(one, 'blocked', clock.now(), 'BLOCKED: it said STOP'));
    return undefined;
  }
  const name = floor.route(peer, number);
  const carrier = name === undefined ? undefined : floor.carriers.get(name);
  if (!carrier) {
    patch((one) => turned(one, 'failed', clock.now(), name === undefined ? 'NO_ROUTE: no provider carries messages there' : `NO_PROVIDER: there is no provider ${name}`));
    return undefined;
  }
  const { up, detail } = carrier.provider.health();
  if (up) return carrier;
  const age_ms = (clock.now() - tm_create) / 1000;
  patch(postponed({ floor, effect }, clock.now() + ms(Math.min(Math.max(NO_ROOM_MS, age_ms), LONGEST_AWAY_MS)), `PROVIDER_DOWN: ${detail}`));
  return undefined;
}

/** Not now; after a day, not at all. That nobody could be asked is no try. */
function postponed({ floor: { host: { clock } }, effect: { tm_create } }: Pick<Sending, 'floor' | 'effect'>, until: Instant, why: string): Patch['make'] {
  const now = clock.now();
  return (one) => (now - tm_create > ms(GIVEN_UP_MS) ? turned(one, 'failed', now, why) : later(one, until, now, why));
}

/** A target that was being handed over when its process ended: to be done again where that does no harm, else asked about, else named. */
async function resumed({ floor, message }: Sending, ordinal: number, patch: SetPatch): Promise<Carrier | undefined> {
  const target = message.data.targets[ordinal] as Target;
  const carrier = floor.carriers.get(target.provider);
  if (carrier?.provider.repeatable) return carrier;
  // Of a message in parts, what has been taken says nothing about the part that was under way.
  const asked = { reference: referenceOf(message.id, ordinal), provider_id: '' };
  const known = target.provider_ids.length === 0 ? await carrier?.provider.ask?.(asked).catch(() => undefined) : undefined;
  const now = floor.host.clock.now();
  patch((one) => {
    if (!known) return turned({ ...one, parts: one.parts || partsOf(message.data.text) }, 'uncertain', now, 'UNCERTAIN: the process ended while it was being handed over');
    const found = { ...one, provider_ids: [known.provider_id], parts: one.parts || 1 };
    return known.status === 'sent' ? turned(found, 'sent', now) : told(found, { ...known, detail: '' }, now);
  });
  return undefined;
}

/** Hands it over. What is thrown is one of the two errors, or a defect, after which nobody knows whether it went out. */
async function submit({ effect, message: { id, data } }: Sending, ordinal: number, provider: MessageProvider, signal: AbortSignal): Promise<Outcome> {
  const target = data.targets[ordinal] as Target;
  const { source, text } = effect.payload as Payload;
  try {
    return await provider.submit({ reference: referenceOf(id, ordinal), source: source.target, destination: target.destination.target, text, taken: target.provider_ids }, signal);
  } catch (error) {
    if (error instanceof Permanent || error instanceof Retryable) return error;
    return { outcome: 'uncertain', provider_ids: target.provider_ids, parts: partsOf(text), detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The message with what is not stored of it, and everything that goes into the same commit. */
async function prepared({ floor, effect, message, patches }: Sending): Promise<{ readonly next: Message; readonly documents: readonly DocumentWrite[] }> {
  const now = floor.host.clock.now();
  let targets = message.data.targets;
  for (const { ordinal, make } of patches) targets = targets.with(ordinal, make(targets[ordinal] as Target));
  const ids = new Map<string, DocumentWrite>();
  for (const ordinal of new Set(patches.map((patch) => patch.ordinal))) {
    const target = targets[ordinal] as Target;
    const fresh = target.provider_ids.filter((one) => one !== '' && !message.data.targets[ordinal]?.provider_ids.includes(one));
    for (const { document, early, provider_id } of await remember(floor, target.provider, fresh, { message, ordinal })) {
      ids.set(document.id, document);
      if (early) targets = targets.with(ordinal, told(targets[ordinal] as Target, { ...early, provider_id }, now));
    }
  }
  if (message.version > 0 && targets.every((target, ordinal) => target === message.data.targets[ordinal])) return { next: message, documents: [] };
  const data = { ...message.data, targets };
  const next = message.version === 0 ? { ...newMessage(message.id, message.customer_id, now, data) } : nextMessage(message, data, now);
  const threads = message.version === 0 ? await joined(floor, effect, targets) : [];
  return { next, documents: [next, ...ids.values(), ...threads] };
}

/** Writes what is not stored; false where the effect is no longer ours. */
async function write(sending: Sending): Promise<boolean> {
  const { floor, effect } = sending;
  for (;;) {
    const { next, documents } = await prepared(sending);
    if (await floor.host.write({ documents })) {
      Object.assign(sending, { message: next, patches: [] });
      return true;
    }
    const before = sending.message.version;
    sending.message = await read(floor, effect);
    // Somebody else has begun it: it is theirs, and the look after this one sees what came of it.
    if (before === 0 && sending.message.version > 0) { sending.patches = []; return false; }
  }
}

/** Writes what came of it; with that the effect is done, or open until there is more to do. */
async function conclude(sending: Sending): Promise<Performed> {
  const { floor, effect } = sending;
  const { host } = floor;
  for (;;) {
    const { next, documents } = await prepared(sending);
    const changed = documents.length > 0;
    const open = next.data.targets.filter(isOpen);
    if (open.length > 0) {
      const soonest = Math.min(...open.map(({ again_at }) => again_at ?? host.clock.now() + ms(1_000)));
      if (!changed || (await host.write({ documents }))) return { open: true, again_at: soonest };
    } else {
      const result = resultOf(next);
      if (!changed || (await host.settle(effect.id, result, { documents }))) return { done: result };
      // Settled by somebody else: what became of the targets is written all the same.
      if (!(await host.unfinished(effect.activeflow_id)).some(({ id }) => id === effect.id) && (await host.write({ documents }))) return { done: result };
    }
    sending.message = await read(floor, effect);
  }
}

/** What the history shows: a failure where nothing went out, or where nobody knows. */
function resultOf({ id, data: { targets } }: Message): Result {
  const uncertain = targets.find(({ status }) => status === 'uncertain');
  const out = targets.some(({ status }) => ['sent', 'delivered', 'undelivered', 'expired'].includes(status));
  const bad = uncertain ?? (out ? undefined : targets[0]);
  const played = targets.every(({ provider }) => provider === 'simulator');
  if (!bad) return { ok: true, data: { message_id: id, ...(played ? { played } : {}) } };
  const [, reason = 'MESSAGE_FAILED', message = bad.detail] = /^([A-Z][A-Z0-9_]*): (.*)$/s.exec(bad.detail) ?? [];
  return { ok: false, reason, message: `${bad.destination.target}: ${message || bad.status}` };
}

/** The threads of a run that goes on: whoever answers it speaks to it, unless another run is on with them. */
async function joined(floor: Floor, { activeflow_id, customer_id, payload }: StoredEffect, targets: readonly Target[]): Promise<readonly DocumentWrite[]> {
  const number = (payload as Payload).source.target;
  if ((await floor.host.activeflow(activeflow_id))?.status !== 'running') return [];
  const peers = new Map(targets.map(({ destination: { target } }) => [plain(target), target])).values();
  const threads = await Promise.all([...peers].map(async (peer) => {
    const thread = await readThread(floor, { customer_id, number, peer });
    return thread.data.waits.length > 0 || (await runOn(floor, thread)) !== undefined ? [] : [nextThread(thread, takenBy(thread, activeflow_id), floor.host.clock.now())];
  }));
  return threads.flat();
}
