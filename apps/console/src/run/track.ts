// The log of an activeflow, folded by the engine as it comes in: the state after every event, and each event as a row of the timeline.
import { evolve, FINISH_ID, START_ID, type Action, type Cause, type Event, type Left, type State, type Variables } from '@activeflow/engine';

/** One row of the timeline: a step, or what was done to the activeflow. Times are microseconds. */
export type Row = {
  readonly n: number; readonly kind: Event['type']; readonly at: number; readonly version: number; readonly cause: Cause;
  /** Of a step: its number, the action as executed, where it ran, how it came out; `left` is there once it is over. */
  readonly step: number; readonly frame_id: string; readonly action?: Action; readonly left?: Left; readonly ended_at?: number;
  /** What there is to know of anything else. */
  readonly detail: string;
};

/** A move of the cursor: between actions of frames, as the event `n` told it. `pushed` where it went into a new frame. */
export type Hop = { readonly n: number; readonly from: Place; readonly to: Place };
/** An action in a frame. */
export type Place = { readonly frame_id: string; readonly action_id: string };

/** All that is known of a run. `states[n]` is the state after event n; rows and hops are in the order of the log. */
export type Track = { readonly events: number; readonly states: readonly State[]; readonly rows: readonly Row[]; readonly hops: readonly Hop[] };

/** A run of which nothing is known. */
export const NO_TRACK: Track = { events: 0, states: [], rows: [], hops: [] };

/** The track with more events. Those it has already are passed over; throws where one is missing in between. */
export function extend(track: Track, events: readonly Event[]): Track {
  const fresh = events.filter(({ n }) => n >= track.events);
  if (fresh.length === 0) return track;
  const states = [...track.states];
  const rows = [...track.rows];
  const hops = [...track.hops];
  for (const event of fresh) {
    const before = states.at(-1);
    // The engine looks at the numbers of all but the first.
    if (event.n !== states.length) throw new Error(`event ${event.n} does not follow ${states.length - 1}`);
    if ((event.type === 'moved' || event.type === 'ended') && event.left) settle(rows, event.left, event.at);
    if (event.type === 'moved' && before) {
      const { current } = before;
      hops.push({ n: event.n, from: { frame_id: current.frame_id, action_id: current.action.id }, to: { frame_id: event.entered.frame_id, action_id: event.entered.action_id } });
    }
    states.push(evolve(before, event));
    const row = rowOf(event);
    if (row) rows.push(row);
  }
  return { events: states.length, states, rows, hops };
}

/** Says of the step that was open how it came out. */
function settle(rows: Row[], left: Left, at: number): void {
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row?.kind !== 'moved') continue;
    if (row.ended_at === undefined) rows[i] = { ...row, left, ended_at: at };
    return;
  }
}

const secret = (name: string, value: string): string => (value === '' ? '' : name);

function rowOf(event: Event): Row | undefined {
  const { n, at, version, cause, type: kind } = event;
  const base = { n, at, version, cause, kind, step: 0, frame_id: '', detail: '' };
  switch (event.type) {
    // The finish marker is no step: the end has a row of its own.
    case 'moved': return event.entered.action_id === FINISH_ID ? undefined : { ...base, step: event.entered.step, frame_id: event.entered.frame_id, action: event.entered.action };
    case 'created': return { ...base, detail: event.state.reference.type };
    case 'settled': return { ...base, detail: event.result.ok ? 'a result came while paused' : `${event.result.reason}: ${event.result.message}` };
    case 'variables_set': return { ...base, detail: Object.entries(event.variables).map(([name, value]) => (value === null ? `${name} removed` : `${name} = ${value}`)).join(', ') };
    case 'forwarded': return { ...base, frame_id: event.to.frame_id, detail: event.to.action_id };
    case 'pushed': return { ...base, frame_id: event.frame.id };
    case 'added': return { ...base, frame_id: event.frame_id, detail: `${event.action_ids.length} ${event.action_ids.length === 1 ? 'action' : 'actions'}` };
    case 'configured': return { ...base, detail: Object.entries(event.configuration).map(([name, value]) => secret(name, value)).filter(Boolean).join(', ') };
    case 'ended': return { ...base, detail: [event.reason, event.detail, completion(event)].filter(Boolean).join('; ') };
    case 'paused': case 'resumed': case 'deleted': return base;
    default: return event satisfies never;
  }
}

function completion({ on_complete }: Extract<Event, { type: 'ended' }>): string {
  if (!on_complete) return '';
  return 'refused' in on_complete ? `on-complete flow not started: ${on_complete.refused}` : `on-complete activeflow ${on_complete.activeflow_id}`;
}

/** The newest row that is not after event `n`: its place among the rows; -1 where there is none. */
export function rowAt(rows: readonly Row[], n: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.n ?? Infinity) <= n) low = middle + 1; else high = middle;
  }
  return low - 1;
}

/** How a variable differs from how it was. */
export type Difference = { readonly name: string; readonly value: string | undefined; readonly before: string | undefined; readonly change: 'new' | 'changed' | 'gone' | 'same' };

/** Every variable of two states, by name, with what became of it. */
export function differences(before: Variables, after: Variables): readonly Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort((a, b) => Number(isOfSystem(a)) - Number(isOfSystem(b)) || (a < b ? -1 : 1));
  return names.map((name) => {
    const [was, is] = [own(before, name), own(after, name)];
    return { name, value: is, before: was, change: was === is ? 'same' : was === undefined ? 'new' : is === undefined ? 'gone' : 'changed' };
  });
}

const own = (variables: Variables, name: string): string | undefined => (Object.hasOwn(variables, name) ? variables[name] : undefined);

/** Whether only the system sets a variable of this name. */
export const isOfSystem = (name: string): boolean => name.toLowerCase().startsWith('voipbin.');

/** The state that the step of event `n` began from: what a difference is told against. For a step, that before its action was entered. */
export function stateBefore({ states, rows }: Track, n: number): State | undefined {
  const row = rows[rowAt(rows, n)];
  return states[(row?.n ?? n) - 1];
}

/** Whether a place is the start marker of a frame. */
export const isStart = ({ action_id }: Place): boolean => action_id === START_ID;
