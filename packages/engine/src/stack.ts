// The cursor: where the next move goes (engine.md §1). Reads frames and lists, changes nothing.
import { NONE_ID, START_ID } from './ids.js';
import type { ActionList, Lists } from './list.js';
import type { Frame, Position } from './state.js';

/** A place to go: which frame of the stack, which action of its list. */
export type Target = { readonly kind: 'action'; readonly depth: number; readonly index: number };
/** Where a move can lead: an action, past the end of the main frame, or nowhere because the target is missing. */
export type Destination = Target | { readonly kind: 'finish' } | { readonly kind: 'missing'; readonly action_id: string };

const FINISH = { kind: 'finish' } as const;

/** Looks an action up from the frame at `depth` outwards; the nearest match wins. */
export function lookOutwards(frames: readonly Frame[], lists: Lists, depth: number, action_id: string): Target | undefined {
  for (let i = depth; i >= 0; i--) {
    const index = listOf(frames, lists, i).index.get(action_id);
    if (index !== undefined) return { kind: 'action', depth: i, index };
  }
  return undefined;
}

/** Rules 2 to 6: the successor of a position, through the ends of frames if need be. */
export function successor(frames: readonly Frame[], lists: Lists, position: Position): Destination {
  let depth = depthOf(frames, position.frame_id);
  let action_id = position.action_id;
  for (;;) {
    const list = listOf(frames, lists, depth);
    const index = action_id === START_ID ? -1 : list.index.get(action_id);
    if (index === undefined) return { kind: 'missing', action_id };
    const next_id = list.actions[index]?.next_id ?? NONE_ID;
    if (next_id !== NONE_ID) return lookOutwards(frames, lists, depth, next_id) ?? { kind: 'missing', action_id: next_id };
    if (index + 1 < list.actions.length) return { kind: 'action', depth, index: index + 1 };
    const back = frames[depth]?.return_to;
    if (!back) return FINISH;
    depth = depthOf(frames, back.frame_id);
    action_id = back.action_id;
  }
}

/** Rule 1 before the others: a forward set by a user, looked up from its frame outwards. */
export function destination(frames: readonly Frame[], lists: Lists, position: Position, forward: Position | null): Destination {
  if (forward === null) return successor(frames, lists, position);
  return lookOutwards(frames, lists, depthOf(frames, forward.frame_id), forward.action_id) ?? { kind: 'missing', action_id: forward.action_id };
}

/** The index of a frame on the stack; the top where the frame is gone. */
export function depthOf(frames: readonly Frame[], frame_id: string): number {
  const depth = frames.findIndex((frame) => frame.id === frame_id);
  return depth < 0 ? frames.length - 1 : depth;
}

/** The list that the frame at `depth` runs. */
export function listOf(frames: readonly Frame[], lists: Lists, depth: number): ActionList {
  const frame = frames[depth];
  if (frame === undefined) throw new Error(`no frame at depth ${depth}`);
  return lists(frame.list_id);
}

/** What is still ahead by array order: the rest of the current frame, then of the frames around it; at most `limit` places. */
export function pending(frames: readonly Frame[], lists: Lists, position: Position, limit: number): Target[] {
  const ahead: Target[] = [];
  let depth = depthOf(frames, position.frame_id);
  let action_id = position.action_id;
  for (;;) {
    const list = listOf(frames, lists, depth);
    const from = action_id === START_ID ? 0 : (list.index.get(action_id) ?? list.actions.length) + 1;
    for (let index = from; index < list.actions.length && ahead.length < limit; index++) ahead.push({ kind: 'action', depth, index });
    const back = frames[depth]?.return_to;
    if (!back || ahead.length >= limit) return ahead;
    depth = depthOf(frames, back.frame_id);
    action_id = back.action_id;
  }
}
