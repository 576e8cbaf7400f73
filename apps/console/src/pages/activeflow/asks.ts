// What can be asked of an activeflow from its page.
import { ActiveflowError, type Client, type Detail } from '@activeflow/client';
import type { Ask } from './control.js';
import type { Asks } from './controls.js';
import type { Track } from '../../run/track.js';

/** The buttons at the head. */
export const asksOf = ({ activeflows }: Client, id: string, current_action_id: string): Asks => ({
  stop: { what: 'Stop', done: 'Stopped.', send: (if_match) => activeflows.stop(id, { if_match }) },
  pause: { what: 'Pause', done: 'Paused: results are kept, deadlines go on.', send: (if_match) => activeflows.pause(id, { if_match }) },
  resume: { what: 'Resume', done: 'Resumed.', send: (if_match) => activeflows.resume(id, { if_match }) },
  wake: { what: 'Continue', done: 'Continued.', send: (if_match) => activeflows.continue(id, current_action_id, { if_match }) },
});

/** To go to an action. */
export const forwardAsk = ({ activeflows }: Client, id: string, action_id: string, forward_now: boolean): Ask => ({
  what: 'Forward', done: forward_now ? 'Forwarded.' : 'The next move goes there.', send: (if_match) => activeflows.forward(id, action_id, { forward_now, if_match }),
});

/** To run an action first, or after the current one. What is wrong with it goes to the form. */
export const pushAsk = ({ activeflows }: Client, id: string, how: 'push' | 'add', action: { readonly type: string; readonly option: Readonly<Record<string, unknown>> }, problems: (details: readonly Detail[]) => void): Ask => ({
  what: how === 'push' ? 'Push' : 'Add', done: how === 'push' ? 'Pushed: it runs at the next move.' : 'Added after the current action.',
  send: async (if_match) => {
    try {
      await (how === 'push' ? activeflows.pushActions(id, [action], { if_match }) : activeflows.addActions(id, [action], { if_match }));
    } catch (error) {
      if (error instanceof ActiveflowError) problems(error.details);
      throw error;
    }
  },
});

/** To set a variable, or with null to remove it. Nobody is in the way who has not touched the same. */
export const variableAsk = ({ activeflows }: Client, id: string, name: string, value: string | null): Ask => ({
  what: value === null ? `Remove ${name}` : `Set ${name}`, done: value === null ? `${name} is removed.` : `${name} is set.`,
  send: (if_match) => activeflows.setVariables(id, { [name]: value }, { if_match }),
  harmless: (seen: Track, now: Track) => now.states.slice(seen.states.length - 1).every((state) => state.variables[name] === seen.states.at(-1)?.variables[name]),
});
