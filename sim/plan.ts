// What is going to happen, but for the faults: flows, starts, commands, and how the provider answers. A pure function of the seed.
import {
  defaultLimits, flowListId, ms, NO_CONFIGURATION, NONE_ID,
  type Ask, type Birth, type Instant, type Limits, type ReferenceType, type Result, type State, type StoredList,
} from '@activeflow/engine';
import type { Delivery } from 'activeflow/internal/runner/tell';
import type { Change, Document, StoredEffect } from 'activeflow/internal/store/store';
import { parsedFlow, rawFlow } from './flows.js';
import type { Answer } from './outside.js';
import { createRandom, type Random } from './random.js';
import type { Reply, Webhooked } from './told.js';

/** A command as it is planned. `go_on` continues the action the run is on, `settled` is no command: it lets the answer come, and waits for it. */
export type Asked = Command | { readonly type: 'settled' };
type Command = Ask | { readonly type: 'go_on' } | { readonly type: 'hangup' };

/** An activeflow that is started. */
export type Start = { readonly at_us: number; readonly birth: Omit<Birth, 'at' | 'cause'>; readonly lists: readonly StoredList[] };

/** The plan of a seed. */
export type Plan = {
  readonly seed: number;
  readonly limits: Limits;
  /** It has more effects at once than one lane takes. */
  readonly wide: boolean;
  /** When the world begins. */
  readonly begins: Instant;
  /** What is in the store before. */
  readonly stored: readonly Change[];
  readonly starts: readonly Start[];
  /** Commands at a time, wherever the run is then. Only where the result may differ. */
  readonly loose: readonly { readonly at_us: number; readonly activeflow_id: string; readonly asked: Command }[];
  /** The commands for the `rest`-th time, from 0, that a run waits; sent one after the other, and the answer it waits for comes after them. */
  readonly commandsAt: (state: State, rest: number) => readonly Asked[];
  readonly answerOf: (effect: StoredEffect) => Answer;
  /** Undefined where nobody wants to be told. */
  readonly webhooked?: Webhooked | undefined;
};

const CUSTOMER = 'c0000000-0000-4000-8000-000000000001';
const BEGINS: Instant = Date.UTC(2026, 0, 15, 9) * 1000;
const FLOWS = ['f0000000-0000-4000-8000-000000000001', 'f0000000-0000-4000-8000-000000000002'] as const;
const NOWHERE = 'f0000000-0000-4000-8000-00000000dead';
const ENDPOINT = 'http://played.example/told';
const MANNERS = ['good', 'slow', 'failing', 'hanging'] as const;
const REFERENCES: readonly ReferenceType[] = ['api', 'api', 'call', 'call', 'sms', ''];

/** Makes the plan of a seed. In a strict one, everything is bound to the progress of the runs, so that delays change no result. */
export function createPlan(seed: number, strict: boolean): Plan {
  const random = createRandom(seed).fork('plan');
  const ids = new Map<string, readonly string[]>();
  const stored = FLOWS.map((id, i) => storedFlow(id, random, ids, random.chance(0.3) ? FLOWS[1 - i] as string : NONE_ID));
  const wide = random.chance(0.02);
  const starts = Array.from({ length: wide ? 1 : random.pick([1, 1, 1, 2, 3]) }, () => startOf(random, ids, wide));
  const telling = hasWebhooks(seed) ? tellingOf(createRandom(seed).fork('webhooks'), seed) : undefined;
  const age_ms = strict || random.chance(0.7) ? defaultLimits.age_ms : random.pick([3_000, 100_000, 1_000_000]);
  return {
    seed, wide, begins: BEGINS, webhooked: telling?.webhooked,
    stored: telling ? [...stored, { documents: [telling.webhooked.customer] }] : stored, starts: telling ? starts.map(telling.start) : starts,
    limits: { ...defaultLimits, burst_actions: wide ? 200 : 40, executed_actions: wide ? 200 : random.pick([12, 60]), frames: random.pick([3, 8]), chain: 3, age_ms },
    loose: strict ? [] : Array.from({ length: random.int(0, 4) }, () => looseOf(random, starts, ids)),
    commandsAt: (state, rest) => commandsOf(createRandom(seed).fork(`${state.id}/${rest}`), state, ids),
    answerOf: (effect) => answerOf(createRandom(seed).fork(`${effect.activeflow_id}/${effect.step}/${effect.kind}`), effect, strict, wide),
  };
}

/** One seed in seven has webhooks: none of those that were kept before there were any, which mean what they meant. */
const hasWebhooks = (seed: number): boolean => seed % 7 === 3;

/** Who is told, and how patient one has to be with them: the customer, activeflows, or both. */
function tellingOf(random: Random, seed: number): { readonly webhooked: Webhooked; readonly start: (start: Start) => Start } {
  const to_customer = random.chance(0.7);
  const manners = { customer: random.pick(MANNERS), activeflow: random.pick(MANNERS) };
  return {
    webhooked: { customer: toldCustomer(to_customer ? ENDPOINT : ''), replyOf: ({ id, payload }) => replyOf(createRandom(seed).fork(`reply/${id}`), manners[(payload as Delivery).to]) },
    start(start) {
      if (to_customer && random.chance(0.75)) return start;
      const { birth } = start;
      return { ...start, birth: { ...birth, configuration: { ...birth.configuration, webhook_uri: `${ENDPOINT}/own`, webhook_method: random.pick(['', 'PUT']) } } };
    },
  };
}

/** The customer, with a webhook. */
export const toldCustomer = (webhook_uri: string): Document => ({
  kind: 'customer', id: CUSTOMER, customer_id: CUSTOMER, parent: '', key: null, version: 1, tm_create: BEGINS, tm_update: null, tm_delete: null,
  data: { webhook_uri, webhook_method: 'POST', webhook_secret: 'the simulation knows this secret' },
});

function replyOf(random: Random, manner: (typeof MANNERS)[number]): Reply {
  const good: Reply = { hangs: 0, fails: 0, takes_us: 0 };
  switch (manner) {
    case 'good': return good;
    case 'slow': return { ...good, takes_us: random.pick([50_000, 50_000, 2_500_000]) };
    case 'failing': return { ...good, fails: random.chance(0.2) ? random.pick([1, 1, 1, 2]) : 0 };
    case 'hanging': return { ...good, hangs: random.chance(0.05) ? 1 : 0 };
  }
}

function storedFlow(id: string, random: Random, ids: Map<string, readonly string[]>, on_complete_flow_id: string): Change {
  const actions = parsedFlow(rawFlow({ random, reference_type: 'api', flow_ids: [NOWHERE], most: 4 }), random);
  ids.set(flowListId(id, 1), actions.map((action) => action.id));
  return {
    documents: [{
      kind: 'flow', id, customer_id: CUSTOMER, parent: '', key: null, version: 1, tm_create: BEGINS, tm_update: null, tm_delete: null, data: { revision: 1, on_complete_flow_id },
    }],
    lists: [{ id: flowListId(id, 1), actions }],
  };
}

function startOf(random: Random, ids: Map<string, readonly string[]>, wide: boolean): Start {
  const id = random.id();
  const type = random.pick(REFERENCES);
  const list_id = flowListId(id, 0);
  const many = Array.from({ length: wide ? 80 : 0 }, () => ({ type: 'message_send', option: { destinations: [{ type: 'tel', target: '+15550001' }], text: 'one of many' } }));
  const actions = parsedFlow([...many, ...rawFlow({ random, reference_type: type, flow_ids: [...FLOWS, ...FLOWS, NOWHERE], most: 9 })], random);
  ids.set(list_id, actions.map((action) => action.id));
  return {
    at_us: random.int(0, 3_000) * 1_000, lists: [{ id: list_id, actions }],
    birth: {
      id, customer_id: CUSTOMER, name: '', flow_id: NONE_ID, flow_revision: 0, list_id,
      reference: { type, id: type === '' ? NONE_ID : random.id(), activeflow_id: NONE_ID },
      configuration: { ...NO_CONFIGURATION, on_complete_flow_id: random.chance(0.5) ? random.pick([...FLOWS, NOWHERE]) : NONE_ID },
      variables: random.chance(0.5) ? { a: random.pick(['x', '1', '12']) } : {},
    },
  };
}

const looseOf = (random: Random, starts: readonly Start[], ids: ReadonlyMap<string, readonly string[]>): Plan['loose'][number] => {
  const { birth } = random.pick(starts);
  const asked = random.chance(0.3) ? ending(random, ids.get(birth.list_id) ?? []) : passing(random, birth.configuration.on_complete_flow_id);
  return { at_us: random.int(0, 200_000) * 1_000, activeflow_id: birth.id, asked: asked ?? { type: 'resume' } };
};

/** Under this, a timer may be over before a command that is planned for its time. */
const SHORT_US = ms(30_000);

function commandsOf(random: Random, state: State, ids: ReadonlyMap<string, readonly string[]>): readonly Asked[] {
  const { wait, current, flow_id, flow_revision, id } = state;
  if (wait === null || (wait.effect_id === '' && wait.until - current.began_at < SHORT_US)) return [];
  // Nobody outside holds this answer back.
  if (wait.kind === 'flow.fetch') return [];
  const waits = wait.kind === 'continue' && random.chance(0.7);
  if (random.chance(0.55)) return waits ? [{ type: 'go_on' }] : [];
  const before = Array.from({ length: random.int(0, 2) }, () => passing(random, state.configuration.on_complete_flow_id));
  const known = ids.get(flow_id === NONE_ID ? flowListId(id, 0) : flowListId(flow_id, flow_revision)) ?? [];
  const last = random.chance(0.4) ? ending(random, known) : undefined;
  const paused: readonly Asked[] = random.chance(0.2) ? [{ type: 'pause' }, ...(last ? [] : [{ type: 'settled' } as const]), passing(random, NONE_ID), { type: 'resume' }] : [];
  if (paused.length > 0 && !last) return [...before, ...paused];
  return [...before, ...paused, ...(last ? [last] : waits ? [{ type: 'go_on' } as const] : [])];
}

/** A command that leaves the run where it is. */
function passing(random: Random, on_complete_flow_id: string): Command {
  const actions = (): readonly unknown[] => rawFlow({ random, reference_type: 'api', flow_ids: FLOWS, most: 2 });
  switch (random.weighted({ set: 3, push: 2, add: 2, configure: 1, wrong: 1, forward: 0.5 })) {
    case 'set': return { type: 'set_variables', variables: { [random.pick(['a', 'b', 'c'])]: random.pick(['x', '1', null]) } };
    case 'push': return { type: 'push_actions', actions: actions() };
    case 'add': return { type: 'add_actions', actions: actions() };
    case 'configure': return { type: 'configure', configuration: { on_complete_flow_id: on_complete_flow_id === NONE_ID ? random.pick(FLOWS) : NONE_ID } };
    case 'wrong': return { type: 'continue', action_id: NOWHERE };
    case 'forward': return { type: 'forward', action_id: NOWHERE, now: true };
  }
}

/** A command that ends the wait, or decides where it leads. */
function ending(random: Random, known: readonly string[]): Command | undefined {
  switch (random.weighted({ now: 3, later: 2, stop: 2, hangup: 1.5, delete: 1 })) {
    case 'now': return known.length > 0 ? { type: 'forward', action_id: random.pick(known), now: true } : undefined;
    case 'later': return known.length > 0 ? { type: 'forward', action_id: random.pick(known), now: false } : undefined;
    case 'stop': return { type: 'stop', reason: 'canceled' };
    case 'hangup': return { type: 'hangup' };
    case 'delete': return { type: 'delete' };
  }
}

/** Waits shorter than this may run into their deadline: the world need not last long for it. */
const NEVER_US = ms(130_000);

function answerOf(random: Random, effect: StoredEffect, strict: boolean, wide: boolean): Answer {
  const awaited = effect.deadline !== null;
  const short = awaited && (effect.deadline ?? 0) - effect.tm_create <= NEVER_US;
  const way = random.weighted({ done: 4, open: awaited ? 3 : 0.5, polled: awaited ? 1.5 : 0.5, permanent: 0.6, never: short ? 0.4 : 0 });
  return {
    way, result: { ok: true, ...dataOf(random, effect) },
    takes_us: wide ? 2_500_000 : random.pick([0, 0, 1_000, 50_000, 2_500_000]),
    cancels: random.chance(0.1) ? random.pick(['fails', 'hangs']) : 'works',
    retries: random.chance(0.2) ? random.int(1, 2) : 0,
    // A request that hangs until the dispatcher gives up outlasts the short waits.
    hangs: random.chance(0.06) && (!strict || !awaited) ? random.int(1, 2) : 0,
  };
}

function dataOf(random: Random, { kind }: StoredEffect): Omit<Extract<Result, { ok: true }>, 'ok'> {
  if (kind === 'http.fetch') return { data: { actions: random.chance(0.1) ? 'nothing' : rawFlow({ random, reference_type: 'api', flow_ids: FLOWS, most: 3 }) } };
  if (kind === 'http.webhook_send') return { data: { status: 200, body: random.pick(['', 'ok', '{"variables":{"a":"x","n":2}}']) } };
  if (kind === 'call.digits_receive') return { data: { digits: random.pick(['', '1', '12', '12#']) } };
  if (kind === 'call.amd') return { data: { machine: random.chance(0.5) } };
  if (kind === 'call.answer') return { variables: { 'voipbin.call.status': 'progressing' } };
  return {};
}
