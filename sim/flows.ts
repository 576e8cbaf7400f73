// Random flows that are valid, end by themselves, and whose course does not depend on how long anything takes.
import { defaultLimits, parseActions, type Action, type ReferenceType } from '@activeflow/engine';
import type { Random } from './random.js';

/** What flows are made with. */
export type FlowSetting = {
  readonly random: Random;
  readonly reference_type: ReferenceType;
  /** Flows that `fetch_flow` may name, one of them unknown. */
  readonly flow_ids: readonly string[];
  readonly most: number;
};

type Raw = { readonly id: string; readonly type: string; readonly option: Record<string, unknown>; readonly next_id?: string };
type Make = (random: Random, setting: FlowSetting, targets: { readonly ahead: readonly string[]; readonly behind: readonly string[] }) => Record<string, unknown> | undefined;

const NAMES = ['a', 'b', 'c', 'n', 'voipbin.call.digits'] as const;
const VALUES = ['', 'x', 'y', '1', '2', 'x${a}', '${b}${n}', '${voipbin.call.digits}'] as const;
const WAITS_MS = [60_000, 75_000, 120_000] as const;
const DESTINATIONS = [{ type: 'tel', target: '+15550001' }, { type: 'tel', target: '+15550002' }] as const;

/** The option of each type; undefined where the place has no fit target. */
const MAKE = {
  variable_set: (random) => ({ key: random.pick(['a', 'b', 'c', 'n']), value: random.pick(VALUES) }),
  branch: (random, _setting, { ahead }) => (ahead.length === 0 ? undefined
    : { variable: random.pick(NAMES), target_ids: Object.fromEntries(['x', '1', '12'].map((value) => [value, random.pick(ahead)])), ...(random.chance(0.5) ? { default_target_id: random.pick(ahead) } : {}) }),
  // Backwards only a number of times: the life of a run is bounded, but its length should be that of its flow.
  goto: (random, _setting, { ahead, behind }) => (behind.length > 0 && random.chance(0.7)
    ? { target_id: random.pick(behind), loop_count: random.int(0, 2) }
    : ahead.length > 0 ? { target_id: random.pick(ahead) } : undefined),
  condition_variable: (random, _setting, { ahead }) => (ahead.length === 0 ? undefined : {
    variable: random.pick([...NAMES, '${a}${b}']), condition: random.pick(['==', '!=', '>', '<=']), value_type: random.pick(['string', 'number', 'length']),
    value_string: random.pick(['x', '']), value_number: random.int(0, 2), value_length: random.int(0, 3), false_target_id: random.pick(ahead),
  }),
  // The world begins in the middle of a month and lasts some hours.
  condition_datetime: (random, _setting, { ahead }) => (ahead.length === 0 ? undefined : { condition: random.pick(['==', '>']), month: random.int(1, 2), false_target_id: random.pick(ahead) }),
  sleep: (random) => ({ duration: random.chance(0.2) ? random.int(0, 3_000) : random.pick(WAITS_MS) }),
  block: (random) => ({ timeout: random.pick(WAITS_MS) }),
  fetch: () => ({ event_url: 'http://played.example/actions' }),
  fetch_flow: (random, { flow_ids }) => ({ flow_id: random.pick(flow_ids) }),
  webhook_send: (random) => ({ uri: 'http://played.example/hook', data: random.pick(VALUES), sync: random.chance(0.6) }),
  message_send: (random) => ({ source: DESTINATIONS[0], destinations: [DESTINATIONS[1]], text: `hello ${random.pick(VALUES)}` }),
  email_send: () => ({ destinations: [{ type: 'email', target: 'b@example.com' }], subject: '${a}' }),
  conversation_send: (random) => ({ conversation_id: 'c', text: 'hello', sync: random.chance(0.5) }),
  call: (random, { flow_ids }) => ({ destinations: DESTINATIONS, flow_id: random.pick(flow_ids) }),
  empty: () => ({}),
  stop: () => ({}),
  ai_task: () => ({}),
  answer: () => ({}),
  talk: (random) => ({ text: `you said ${random.pick(VALUES)}`, async: random.chance(0.2) }),
  play: () => ({ stream_urls: ['http://played.example/a.wav'] }),
  beep: () => ({}),
  digits_receive: (random) => ({ duration: 5_000, length: random.int(0, 3), key: random.pick(['', '#']) }),
  digits_send: () => ({ digits: '12' }),
  mute: () => ({}),
  amd: (random) => ({ machine_handle: random.pick(['hangup', 'continue']), async: random.chance(0.3) }),
  recording_start: () => ({}),
  recording_stop: () => ({}),
  connect: () => ({ destinations: DESTINATIONS }),
  hangup: () => ({}),
} satisfies Record<string, Make>;

type Type = keyof typeof MAKE;

const ANYWHERE: Partial<Record<Type, number>> = {
  variable_set: 3, branch: 2, goto: 1.5, condition_variable: 2, condition_datetime: 0.3, sleep: 2, block: 1.5, fetch: 1, fetch_flow: 1, webhook_send: 2.5, message_send: 1.5,
  email_send: 0.4, conversation_send: 0.6, call: 0.3, empty: 0.3, stop: 0.2, ai_task: 0.2,
};
const ON_A_CALL: Partial<Record<Type, number>> = {
  answer: 1, talk: 2, play: 1, beep: 0.5, digits_receive: 2, digits_send: 0.5, mute: 0.3, amd: 0.5, recording_start: 0.4, recording_stop: 0.4, connect: 0.5, hangup: 0.2,
};

/** A flow of one to `most` actions, as a client writes it. */
export function rawFlow({ random, reference_type, most, ...rest }: FlowSetting): readonly Raw[] {
  const ids = Array.from({ length: random.int(1, most) }, () => random.id());
  const weights = { ...ANYWHERE, ...(reference_type === 'call' || random.chance(0.05) ? ON_A_CALL : {}) };
  return ids.map((id, i): Raw => {
    const targets = { ahead: ids.slice(i + 1), behind: ids.slice(0, i) };
    const type = random.weighted(weights as Record<Type, number>);
    const option = (MAKE[type] as Make)(random, { random, reference_type, most, ...rest }, targets);
    const link = random.chance(0.1) && targets.ahead.length > 0 ? { next_id: random.pick(targets.ahead) } : {};
    return option === undefined ? { id, type: 'empty', option: {}, ...link } : { id, type, option, ...link };
  });
}

/** Actions as the API reads them. Throws where the generator wrote what is not valid. */
export function parsedFlow(raw: readonly unknown[], random: Random): readonly Action[] {
  const { actions, problems } = parseActions(raw, { newId: random.id, limits: defaultLimits });
  if (problems.length > 0) throw new Error(`the simulation made a flow that is not valid: ${JSON.stringify(problems)}`);
  return actions;
}
