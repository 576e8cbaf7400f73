// What a command did, in lines that can be read and compared: one for each event, effect, cancel and stored list, and one for where it stands now.
import type { Outcome } from '../command.js';
import type { Effect } from '../effect.js';
import type { Event, Left } from '../event.js';
import { MAIN_FRAME_ID } from '../ids.js';
import type { Frame, Result, State, Wait } from '../state.js';
import { BIRTH } from './play.js';

/** The lines of an outcome, ids as they are; `reader` of names.ts makes them readable. */
export function transcript(outcome: Outcome): string[] {
  if (outcome.outcome === 'unchanged') return ['unchanged'];
  if (outcome.outcome === 'refused') return [`refused ${outcome.reason}`, ...outcome.problems.map(({ pointer, reason }) => `  ${pointer} ${reason}`)];
  return [...outcome.events.map(happened), ...outcome.effects.map(asked), ...outcome.cancels.map((id) => `cancel ${id}`),
    ...outcome.lists.map(({ id, actions }) => `store ${id}: ${actions.map((action) => action.id).join(' ')}`), stands(outcome.state)];
}

const place = (action_id: string, frame_id: string): string => (frame_id === MAIN_FRAME_ID ? action_id : `${action_id} in ${frame_id}`);
const short = (value: unknown): string => JSON.stringify(value);
const whole = (result: Result): string => (result.ok ? 'ok' : result.reason);
const waits = ({ kind, until, result }: Wait): string => `, waits for ${kind} until +${(until - BIRTH) / 1000}${result ? ` (came: ${whole(result)})` : ''}`;
const frame = ({ id, return_to }: Frame): string => `${id} returning to ${return_to ? place(return_to.action_id, return_to.frame_id) : 'none'}`;

function leaves({ result, reason, variables, frame: pushed, counted }: Left): string {
  const set = variables && Object.keys(variables).length > 0 ? `, sets ${short(variables)}` : '';
  return `${result}${reason ? ` ${reason}` : ''}${set}${counted ? ', counted' : ''}${pushed ? `, pushes ${frame(pushed)}` : ''}`;
}

function happened(event: Event): string {
  switch (event.type) {
    case 'created': return 'created';
    case 'moved': {
      const { action_id, frame_id, action } = event.entered;
      const option = Object.keys(action.option).length > 0 ? ` ${short(action.option)}` : '';
      return `left ${leaves(event.left)}; on ${place(action_id, frame_id)} ${action.type}${option}${event.wait ? waits(event.wait) : ''}`.replace(/ +$/, '');
    }
    case 'settled': return `settled ${whole(event.result)}`;
    case 'variables_set': return `set ${short(event.variables)}`;
    case 'forwarded': return `forward to ${event.to.action_id}`;
    case 'pushed': return `pushed ${frame(event.frame)}`;
    case 'added': return `added ${event.action_ids.join(' ')} to ${event.frame_id === MAIN_FRAME_ID ? 'main' : event.frame_id}`;
    case 'configured': return `configured ${short(event.configuration)}`;
    case 'ended': {
      const then = event.on_complete ? ('refused' in event.on_complete ? `, then refused: ${event.on_complete.refused}` : `, then ${event.on_complete.activeflow_id}`) : '';
      return `ended ${event.reason}${event.detail ? `: ${event.detail}` : ''}${event.left ? `; left ${leaves(event.left)}` : ''}${then}`;
    }
    case 'paused': case 'resumed': case 'deleted': return event.type;
    default: return event satisfies never;
  }
}

const asked = ({ id, kind, payload, deadline }: Effect): string =>
  `effect ${id} ${kind} ${JSON.stringify(payload, withoutOurs)}${deadline === null ? '' : ` until +${(deadline - BIRTH) / 1000}`}`;

/** Leaves out what every activeflow has among its variables. */
const withoutOurs = (key: string, value: unknown): unknown => (key.startsWith('voipbin.activeflow.') ? undefined : value);

/** The line that sums a state up: status, version, cursor, forward, frames with their goto counts. */
function stands({ status, paused, version, current, forward, wait, frames }: State): string {
  const stack = frames.map(({ id, gotos }) => `${id === MAIN_FRAME_ID ? 'main' : id}${Object.keys(gotos).length > 0 ? short(gotos) : ''}`).join(' ');
  return `= ${paused ? 'paused' : status} v${version} at ${place(current.action.id, current.frame_id)}${forward ? ` forward ${forward.action_id}` : ''}`
    + `${wait?.result ? ` came ${whole(wait.result)}` : ''} [${stack}]`;
}
