// The simulator's doors: what a played caller does. Each is one decision on the call as it is, taken again where the call has changed.
import { address, NONE_ID, type AddressInput, type State, type Variables, type Wait } from '@activeflow/engine';
import {
  isOver, NEW_CALL, NEW_PLAYED, newCall, nextCall, readCall, withChanges, type Call, type CallData, type HangupReason, type Room,
} from './call.js';
import { cancelConnect, hangUp } from './connect.js';
import { answered } from './line.js';
import { endRecordings } from './recording.js';
import { choose, startRun, type Refusal, type Runnable } from './run.js';
import { slipOf, SPENT, type Receipt } from '../slip.js';
import { ended, endOf, PROMPT_KINDS, without } from './waits.js';

/** An incoming call to be played. `number` is what was called, where no destination is given. */
export type CallAsked = Runnable & {
  readonly customer_id: string;
  readonly source?: AddressInput;
  readonly destination?: AddressInput;
  readonly number?: string;
  /** False: prompts last until `mediaDone`. True unless told. */
  readonly auto_play?: boolean;
  /** True: `amd` finds a machine. */
  readonly machine?: boolean;
  readonly variables?: Variables;
};

/** Which call, and whose it must be; another's is as good as none. */
export type Which = { readonly customer_id: string; readonly call_id: string };

/** Plays an incoming call: it rings, and its activeflow begins, in one commit. */
export async function createCall(room: Room, asked: CallAsked, receipt?: Receipt): Promise<{ readonly call: Call; readonly activeflow: State } | Refusal> {
  const { host, newId } = room;
  const [id, activeflow_id] = [newId(), newId()];
  const chosen = await choose(room, asked.customer_id, asked, `${activeflow_id}:0`);
  if ('refused' in chosen) return chosen;
  const { run, lists } = chosen;
  const now = host.clock.now();
  const call = newCall(id, asked.customer_id, now, {
    ...NEW_CALL, flow_id: run.flow_id, activeflow_id, source: address(asked.source),
    destination: address(asked.destination ?? { target: asked.number ?? '' }), status: 'ringing', direction: 'incoming', tm_ringing: now,
    played: { ...NEW_PLAYED, auto_play: asked.auto_play ?? true, machine: asked.machine ?? false },
  });
  const slip = slipOf(room, receipt);
  const activeflow = await startRun(room, call, run, slip.with(call, { lists }), asked.variables);
  if (activeflow === undefined && await slip.isSpent()) return SPENT;
  if (activeflow === undefined) throw new Error(`the new id ${id} is taken`);
  return { call, activeflow };
}

/** The caller presses keys. What they end is settled in the commit that says they were pressed. */
export async function digits(room: Room, which: Which, typed: string, receipt?: Receipt): Promise<Call | Refusal> {
  if (!/^[0-9A-D*#]{1,256}$/.test(typed)) return { refused: 'INVALID_ARGUMENT', message: 'digits are 1 to 256 of 0-9, A-D, * and #' };
  const pressed = await callOfDoor(room, which);
  if ('refused' in pressed) return pressed;
  // First, for a repetition of this request would not come so far: ended twice is ended once, pressed twice is not.
  if (pressed.data.recording_ids.length > 0) await endRecordings(room, pressed.id, typed);
  return onCall(room, which, ({ data }) => withChanges(data, {}, { digits: data.played.digits + typed }), receipt);
}

/** The prompt that is played ends now: that of an action, or the one that the run waits for, or else the oldest. */
export async function mediaDone(room: Room, which: Which, action_id?: string, receipt?: Receipt): Promise<Call | Refusal> {
  const effect_id = await promptOf(room, which, action_id);
  if (typeof effect_id !== 'string') return effect_id;
  const { host } = room;
  const slip = slipOf(room, receipt);
  for (;;) {
    const call = await callOfDoor(room, which);
    if ('refused' in call) return call;
    const wait = call.data.played.waits.find((one) => one.effect_id === effect_id);
    const now = host.clock.now();
    // A prompt that the dispatcher has not come to yet is over all the same, and the call answered.
    const unbegun = { effect_id, kind: 'call.talk', until: null, answered: call.data.status === 'ringing' } as const;
    const end = ended(answered(call.data, now), wait ?? unbegun, {});
    const next = nextCall(call, end.data, now);
    if (await host.settle(effect_id, end.result, slip.with(next))) return next;
    if (await slip.isSpent()) return SPENT;
    if ((await readCall(room, call.id))?.version === call.version) return { refused: 'STATE_INVALID', message: 'the prompt is over' };
  }
}

/** The caller hangs up, or we do: the run ends with the call. Once more changes nothing. */
export async function hangup(room: Room, which: Which, by: 'local' | 'remote', reason: HangupReason, receipt?: Receipt): Promise<Call | Refusal> {
  const call = await callOfDoor(room, which, true);
  if ('refused' in call) return call;
  const slip = slipOf(room, receipt);
  // First, as with digits.
  await endRecordings(room, call.id);
  const gone = await hangUp(room, call.id, by, reason, slip);
  return gone ?? ((await slip.isSpent()) ? SPENT : notFound(which));
}

/** The action that the call's run stands on fails, with reason PLAYED_FAILURE. */
export async function failEffect(room: Room, which: Which, action_id: string, receipt?: Receipt): Promise<Call | Refusal> {
  const { host } = room;
  const slip = slipOf(room, receipt);
  for (;;) {
    const call = await callOfDoor(room, which);
    if ('refused' in call) return call;
    const wait = await waitOf(room, call, action_id);
    if ('refused' in wait) return wait;
    const next = nextCall(call, without(call.data, wait.effect_id), host.clock.now());
    const unfinished = wait.kind === 'call.connect' ? await host.unfinished(call.data.activeflow_id) : [];
    const connect = unfinished.find(({ id }) => id === wait.effect_id);
    const result = { ok: false, reason: 'PLAYED_FAILURE', message: 'made to fail at the simulator\'s door' } as const;
    if (await host.settle(wait.effect_id, result, slip.with(next))) {
      if (connect) await cancelConnect(room, connect);
      return next;
    }
    if (await slip.isSpent()) return SPENT;
    if ((await readCall(room, call.id))?.version === call.version) return { refused: 'STATE_INVALID', message: 'the action is over' };
  }
}

/** Changes a call; whatever is over then is settled, the first in the same commit. */
async function onCall(room: Room, which: Which, change: (call: Call) => CallData, receipt: Receipt | undefined): Promise<Call | Refusal> {
  const { host } = room;
  const slip = slipOf(room, receipt);
  for (let changed = false; ;) {
    const call = await callOfDoor(room, which, changed);
    if ('refused' in call || isOver(call)) return call;
    const now = host.clock.now();
    const data = changed ? call.data : change(call);
    const over = data.played.waits.map((wait) => ({ wait, end: endOf(data, wait, now) })).find(({ end }) => end !== undefined);
    if (over?.end === undefined) {
      if (changed) return call;
      const next = nextCall(call, data, now);
      if (await host.write(slip.with(next)(await host.activeflow(data.activeflow_id)))) return next;
      if (await slip.isSpent()) return SPENT;
      continue;
    }
    const next = nextCall(call, over.end.data, now);
    if (await host.settle(over.wait.effect_id, over.end.result, (changed ? slipOf(room) : slip).with(next))) {
      changed = true;
    } else if (!changed && await slip.isSpent()) {
      return SPENT;
    } else if ((await readCall(room, call.id))?.version === call.version) {
      // Nobody waits for it any more, and its cancellation is on its way.
      await host.write({ documents: [nextCall(call, without(call.data, over.wait.effect_id), now)] });
    }
  }
}

async function callOfDoor(room: Room, which: Which, ended_too = false): Promise<Call | Refusal> {
  const call = await readCall(room, which.call_id);
  if (call?.customer_id !== which.customer_id) return notFound(which);
  return isOver(call) && !ended_too ? { refused: 'CALL_ENDED', message: `the call has ended (${call.data.hangup_reason})` } : call;
}

const notFound = ({ call_id }: Which): Refusal => ({ refused: 'CALL_NOT_FOUND', message: `no call ${call_id.slice(0, 64)}` });

/** What the run of a call waits for, if it stands on the action named. */
async function waitOf(room: Room, call: Call, action_id: string | undefined): Promise<Pick<Wait, 'effect_id' | 'kind'> | Refusal> {
  const state = await room.host.activeflow(call.data.activeflow_id);
  const current = state?.current.action.id ?? NONE_ID;
  if (action_id !== undefined && current !== action_id) return { refused: 'STATE_INVALID', message: `the current action is ${current}` };
  const wait = state?.wait;
  if (wait && wait.effect_id !== '' && wait.result === undefined) return wait;
  return { refused: 'STATE_INVALID', message: 'the current action waits for nothing that is played' };
}

async function promptOf(room: Room, which: Which, action_id: string | undefined): Promise<string | Refusal> {
  const call = await callOfDoor(room, which);
  if ('refused' in call) return call;
  const wait = await waitOf(room, call, action_id);
  if (!('refused' in wait) && PROMPT_KINDS.includes(wait.kind)) return wait.effect_id;
  const oldest = action_id === undefined ? call.data.played.waits.find(({ kind }) => PROMPT_KINDS.includes(kind)) : undefined;
  if (oldest) return oldest.effect_id;
  return 'refused' in wait ? wait : { refused: 'STATE_INVALID', message: `the current action plays nothing: it waits for ${wait.kind}` };
}
