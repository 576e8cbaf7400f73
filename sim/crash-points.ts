// Every crash point of a few flows: the calm run is done again with a crash before, and after, each of its store writes.
import { defaultLimits, flow, flowListId, NO_CONFIGURATION, NONE_ID, type BuiltAction, type ReferenceType, type State } from '@activeflow/engine';
import { CALM, crashAt, createFaults } from './faults.js';
import { parsedFlow } from './flows.js';
import { Violation } from './invariants.js';
import { compare, outcomeOf } from './oracle.js';
import { toldCustomer, type Asked, type Plan } from './plan.js';
import { createRandom } from './random.js';
import { seen } from './run.js';
import { runWorld } from './world.js';

type Scene = { readonly name: string; readonly reference_type: ReferenceType; readonly flow: readonly BuiltAction[]; readonly commands?: (state: State) => readonly Asked[]; readonly then?: true; readonly told?: true };

const CUSTOMER = 'c0000000-0000-4000-8000-000000000001';
const RUN = 'a0000000-0000-4000-8000-000000000001';
const AFTER = 'f0000000-0000-4000-8000-000000000001';
const BEGINS = Date.UTC(2026, 0, 15, 9) * 1000;
const TO = [{ type: 'tel', target: '+15550001' }];

/** The flows: each shows another way to wait, to be moved on, and to end. */
export const SCENES: readonly Scene[] = [
  {
    name: 'a phone menu', reference_type: 'call', then: true,
    flow: flow('menu').answer().talk({ text: 'Press one or two' }).as('ask').digits_receive({ length: 1, duration: 5_000 })
      .branch({ target_ids: { 1: 'one' }, default_target_id: 'two' }).variable_set({ key: 'chosen', value: 'one' }).as('one').goto({ target_id: 'ask', loop_count: 1 })
      .message_send({ destinations: TO, text: 'you chose ${chosen}' }).as('two').build(),
  },
  {
    name: 'timers, and a block that is continued', reference_type: 'api', then: true,
    flow: flow('timers').sleep({ duration: 60_000 }).block({ timeout: 60_000 }).variable_set({ key: 'a', value: 'x' }).block({ timeout: 60_000 }).build(),
    commands: ({ wait, variables }) => (wait?.kind === 'continue' && variables['a'] === undefined ? [{ type: 'set_variables', variables: { b: 'y' } }, { type: 'go_on' }] : []),
  },
  {
    name: 'lists from outside, and webhooks', reference_type: 'api',
    flow: flow('fetch').fetch({ event_url: 'http://played.example/actions' }).webhook_send({ uri: 'http://played.example/hook', sync: true }).fetch_flow({ flow_id: AFTER })
      .webhook_send({ uri: 'http://played.example/hook' }).build(),
  },
  {
    name: 'commands of every kind, while paused and not', reference_type: 'api', then: true,
    flow: flow('commands').webhook_send({ uri: 'http://played.example/hook', sync: true }).sleep({ duration: 60_000 }).empty().build(),
    commands: ({ wait, current }) => (current.step > 3 ? [] : wait?.kind === 'timer'
      ? [{ type: 'push_actions', actions: [{ type: 'message_send', option: { destinations: TO, text: 'pushed' } }] }, { type: 'pause' }, { type: 'settled' }, { type: 'resume' }]
      : [{ type: 'add_actions', actions: [{ type: 'variable_set', option: { key: 'a', value: 'added' } }] }, { type: 'configure', configuration: { on_complete_flow_id: AFTER } }]),
  },
  {
    name: 'a caller who hangs up in a prompt', reference_type: 'call', then: true,
    flow: flow('hangup').answer().play({ stream_urls: ['http://played.example/a.wav'] }).build(),
    commands: ({ wait }) => (wait?.kind === 'call.play' ? [{ type: 'hangup' }] : []),
  },
  {
    name: 'who is told: a customer, and the activeflow itself', reference_type: 'api', told: true,
    flow: flow('told').webhook_send({ uri: 'http://played.example/hook', sync: true }).build(),
  },
  {
    name: 'a stop, and a delete', reference_type: 'sms',
    flow: flow('stop').conversation_send({ conversation_id: 'c', text: 'hello', sync: true }).sleep({ duration: 60_000 }).build(),
    commands: ({ wait }) => (wait?.kind === 'timer' ? [{ type: 'stop', reason: 'canceled' }, { type: 'delete' }] : []),
  },
];

/** A crash point that led elsewhere than the calm run. */
export type Failing = { readonly scene: string; readonly point: number; readonly side: 'before' | 'after'; readonly violation: Violation };

/** Enumerates the crash points of a scene on so many nodes; gives how many there were, and those that failed. */
export async function crashPoints(scene: Scene, nodes = 1): Promise<{ readonly points: number; readonly failing: readonly Failing[] }> {
  const plan = planOf(scene);
  const crashing = (point: number, side: 'before' | 'after') => crashAt(point, side, createRandom(1), nodes);
  const calm = await outcomeOf(await seen(runWorld({ plan, faults: createFaults(CALM, createRandom(1)) })));
  const counting = crashing(-1, 'before');
  await seen(runWorld({ plan, faults: counting }));
  const failing: Failing[] = [];
  for (let point = 0; point < counting.writes(); point++) {
    for (const side of ['before', 'after'] as const) {
      try {
        compare(calm, await outcomeOf(await seen(runWorld({ plan, faults: crashing(point, side) }))));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        failing.push({ scene: scene.name, point, side, violation: error });
      }
    }
  }
  return { points: counting.writes() * 2, failing };
}

function planOf(scene: Scene): Plan {
  const random = createRandom(1);
  const list_id = flowListId(RUN, 0);
  const customer = toldCustomer('http://played.example/told');
  const commands = scene.commands ?? (() => []);
  return {
    seed: 0, wide: false, begins: BEGINS, limits: defaultLimits, loose: [],
    ...(scene.told ? { webhooked: { customer, replyOf: () => ({ hangs: 0, fails: 1, takes_us: 250_000 }) } } : {}),
    stored: [{
      documents: [customer, {
        kind: 'flow', id: AFTER, customer_id: CUSTOMER, parent: '', key: null, version: 1, tm_create: BEGINS, tm_update: null, tm_delete: null,
        data: { revision: 1, on_complete_flow_id: NONE_ID },
      }],
      lists: [{ id: flowListId(AFTER, 1), actions: parsedFlow(flow('after').webhook_send({ uri: 'http://played.example/after' }).sleep({ duration: 60_000 }).build(), random) }],
    }],
    starts: [{
      at_us: 0, lists: [{ id: list_id, actions: parsedFlow(scene.flow, random) }],
      birth: {
        id: RUN, customer_id: CUSTOMER, name: '', flow_id: NONE_ID, flow_revision: 0, list_id, variables: {},
        reference: { type: scene.reference_type, id: RUN, activeflow_id: NONE_ID },
        configuration: { ...NO_CONFIGURATION, on_complete_flow_id: scene.then ? AFTER : NONE_ID, webhook_uri: scene.told ? 'http://played.example/own' : '' },
      },
    }],
    commandsAt: (state) => (state.id === RUN ? commands(state) : []),
    answerOf: ({ kind, deadline }) => ({
      way: deadline === null ? 'done' : kind === 'call.talk' ? 'polled' : kind.startsWith('call.') ? 'open' : 'done',
      takes_us: 250_000, retries: kind === 'message.send' ? 1 : 0, hangs: 0, cancels: 'works',
      result: { ok: true, data: { digits: '1', status: 200, body: '{"variables":{"c":"z"}}', actions: [{ type: 'empty' }, { type: 'message_send', option: { destinations: TO, text: 'fetched' } }] } },
    }),
  };
}
