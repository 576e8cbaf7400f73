// The activeflow of a played call.
import type { State, Variables } from '@activeflow/engine';
import type { AlsoOf } from '../driver.js';
import { startRunOf, type Run } from '../run.js';
import type { Call, Room } from './call.js';

export { choose, type Chosen, type Refusal, type Runnable } from '../run.js';

/** Starts the activeflow of a call; the call's document is among what goes with it. Undefined where it was started before, or the call has changed. */
export const startRun = (room: Room, call: Call, run: Run, also: AlsoOf, variables: Variables = {}): Promise<State | undefined> =>
  startRunOf(room, { call, master_call_id: call.data.played.master_call_id }, run, also, variables);
