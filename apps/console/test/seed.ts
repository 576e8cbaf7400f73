// What the pages are shown with: flows of a small firm, and runs of them in every state. The same each time, times aside.
import type { Activeflow, Client, Flow, FlowInput } from '@activeflow/client';

const HOTLINE: FlowInput = {
  name: 'Order hotline', detail: 'Welcomes a caller, asks what it is about, and connects or takes a message.',
  actions: [
    { id: 'welcome', type: 'answer' },
    { id: 'menu', type: 'talk', option: { text: 'Welcome to Hazel & Oak. For an order press 1, for opening hours press 2.', language: 'en-US' } },
    { id: 'digits', type: 'digits_receive', option: { duration: 20_000, length: 1 } },
    { id: 'choice', type: 'branch', option: { variable: 'voipbin.call.digits', default_target_id: 'again', target_ids: { 1: 'order', 2: 'hours' } } },
    { id: 'again', type: 'goto', option: { target_id: 'menu', loop_count: 2 } },
    { id: 'bye', type: 'hangup' },
    { id: 'hours', type: 'talk', option: { text: 'We are open from nine to six, Monday to Saturday.', language: 'en-US' } },
    { id: 'hours-bye', type: 'hangup' },
    { id: 'order', type: 'variable_set', option: { key: 'topic', value: 'order' } },
    { id: 'order-talk', type: 'talk', option: { text: 'One moment please, somebody will be with you.', language: 'en-US' } },
    { id: 'order-bye', type: 'hangup' },
  ],
};

const REMINDER: FlowInput = {
  name: 'Appointment reminder', detail: 'Waits until the day before, then sends a text.',
  actions: [
    { id: 'wait', type: 'sleep', option: { duration: 3_600_000 } },
    { id: 'send', type: 'message_send', option: { source: { type: 'tel', target: '+15551230000' }, destinations: [{ type: 'tel', target: '+15551230042' }], text: 'Your appointment is tomorrow at 10.' } },
  ],
};

const APPROVAL: FlowInput = {
  name: 'Refund approval', detail: 'Waits for somebody to say yes.',
  actions: [{ id: 'ask', type: 'variable_set', option: { key: 'amount', value: '42.50' } }, { id: 'approve', type: 'block' }, { id: 'done', type: 'variable_set', option: { key: 'approved', value: 'yes' } }],
};

const SURVEY: FlowInput = {
  name: 'Customer survey', detail: 'Three questions after a delivery.',
  actions: [{ type: 'talk', option: { text: 'How happy were you with your delivery, from 1 to 5?', language: 'en-US' } }, { type: 'digits_receive', option: { duration: 8000, length: 1 } }, { type: 'hangup' }],
};

/** The flows that were made. */
export type Seeded = { readonly hotline: Flow; readonly reminder: Flow; readonly approval: Flow; readonly survey: Flow };

/** Waits until `good` holds of what is asked for. */
export async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 3_000; tries++) {
    const value = await ask();
    if (good(value)) return value;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  throw new Error('what was waited for did not come');
}

/** Makes the flows. */
export async function seedFlows(client: Client): Promise<Seeded> {
  const [survey, reminder, approval, hotline] = [await client.flows.create(SURVEY), await client.flows.create(REMINDER), await client.flows.create(APPROVAL), await client.flows.create(HOTLINE)];
  return { hotline, reminder, approval, survey };
}

/** Makes the flows, and runs of them: waiting, paused, completed, stopped, hung up, failed. */
export async function seed(client: Client): Promise<Seeded> {
  const flows = await seedFlows(client);
  const { hotline, reminder, approval, survey } = flows;
  const ended = ({ id }: { readonly id: string }): Promise<Activeflow> => until(() => client.activeflows.get(id), ({ status }) => status === 'ended');
  const call = (flow_id: string, target: string) => client.simulator.call({ flow_id, source: { type: 'tel', target }, destination: { type: 'tel', target: '+15551230000' }, auto_play: false });
  for (const customer of ['Ada', 'Ben', 'Cleo']) await client.activeflows.start({ flow_id: reminder.id, variables: { customer } });
  for (const amount of ['18.00', '42.50']) await client.activeflows.start({ flow_id: approval.id, variables: { amount } });
  await client.activeflows.stop((await client.activeflows.start({ flow_id: reminder.id })).id);
  await ended(await client.activeflows.start({ name: 'Nightly import', actions: [{ type: 'variable_set', option: { key: 'rows', value: '1280' } }] }));
  await ended(await client.activeflows.start({ name: 'Price feed', actions: [{ type: 'fetch', option: { event_url: 'http://10.1.2.3/prices', event_method: 'GET' } }] }));
  const left = await call(survey.id, '+15550001111');
  await client.simulator.hangup(left.id);
  await ended({ id: left.activeflow_id });
  const held = await client.activeflows.start({ flow_id: approval.id });
  await client.activeflows.pause(held.id);
  await call(survey.id, '+15550002222');
  const dialled = await call(hotline.id, '+15550003333');
  await until(() => client.activeflows.get(dialled.activeflow_id), ({ current_action }) => current_action.type === 'talk');
  await client.simulator.mediaDone(dialled.id);
  await call(hotline.id, '+15550004444');
  return flows;
}
