// The flow that `activeflow dev` has ready, so that there is something to call: examples/ivr.json, which the package does not carry.
import type { Client, FlowInput } from '@activeflow/client';

const choice = (id: string, text: string) => ({ id, type: 'talk', option: { text }, next_id: 'goodbye' });

/** The welcome menu: one digit, a branch for each choice, and two more tries. */
export const IVR: FlowInput = {
  name: 'ivr',
  detail: 'The welcome menu: one digit, a branch for each choice, and two more tries for whoever presses none of them.',
  actions: [
    {
      id: 'menu', type: 'talk', option: {
        text: 'Hello. Welcome to the voipbin service. Please select the service. For simple talk, press 1. For simple transcribe, press 2. For queue join, press 3. For voicemail, press 4. For conference. press 5. For chatbot talk, press 6. For contact to the project developer, press 0',
        gender: 'female', language: 'en-US', digits_handle: 'next',
      },
    },
    { type: 'digits_receive', option: { length: 1, duration: 5000 } },
    {
      type: 'branch', option: {
        target_ids: { 1: 'simple_talk', 2: 'transcribe', 3: 'queue', 4: 'voicemail', 5: 'conference', 6: 'chatbot', 0: 'developer' },
        default_target_id: 'again',
      },
    },
    choice('simple_talk', 'You chose the simple talk: this voice talks, and that is all.'),
    choice('transcribe', 'You chose the transcription: here what you say would be written down.'),
    { id: 'queue', type: 'talk', option: { text: 'You chose the queue: please wait for an agent.' } },
    { type: 'queue_join', option: { queue_id: '${queue_id}' }, next_id: 'goodbye' },
    { id: 'voicemail', type: 'talk', option: { text: 'You chose the voicemail: leave a message after the beep, and press # when you are done.' } },
    { type: 'beep' },
    { type: 'recording_start', option: { format: 'wav', end_of_silence: 10, end_of_key: '#', duration: 60 } },
    { type: 'digits_receive', option: { length: 1, key: '#', duration: 60_000 } },
    { type: 'recording_stop' },
    { type: 'talk', option: { text: 'Your message has been recorded.' }, next_id: 'goodbye' },
    { id: 'conference', type: 'talk', option: { text: 'You chose the conference: you are being joined to the others.' } },
    { type: 'conference_join', option: { conference_id: 'ivr' }, next_id: 'goodbye' },
    choice('chatbot', 'You chose the chatbot: here a machine would answer you.'),
    { id: 'developer', type: 'talk', option: { text: 'You chose the developer: the developer is being called.' } },
    { type: 'connect', option: { destinations: [{ type: 'extension', target: '1000' }] }, next_id: 'goodbye' },
    { id: 'again', type: 'talk', option: { text: 'That is none of the choices.' } },
    { type: 'goto', option: { target_id: 'menu', loop_count: 2 } },
    { id: 'goodbye', type: 'talk', option: { text: 'Thank you for calling. Goodbye.' } },
  ],
};

/** Who answers the calls that wait in the queue of the welcome menu. */
const AGENTS = [{ type: 'extension', target: '1000' }];

/** The menu with a queue of its own, made with it: a flow names a queue by its id. */
async function withQueue(client: Client): Promise<FlowInput> {
  const { id } = await client.queues.create({ name: 'welcome menu', agents: AGENTS });
  return { ...IVR, actions: (IVR.actions ?? []).map((action) => (action.type === 'queue_join' ? { ...action, option: { queue_id: id } } : action)) };
}

/** The number that phones dial to hear it. */
export const IVR_NUMBER = 'ivr';

/**
 * Registers it where there is no flow at all, and binds the number to it where there is no number at all: what somebody has made is never touched.
 * Gives whether the number leads to a flow, and whether there is a flow of its name.
 */
export async function welcome(client: Client): Promise<{ readonly number: boolean; readonly flow: boolean }> {
  if ((await client.flows.list({ page_size: 1 }).page()).result.length === 0) await client.flows.create(await withQueue(client));
  const flow = (await client.flows.list().page()).result.find(({ name }) => name === IVR.name);
  const numbers = (await client.numbers.list().page()).result;
  if (numbers.length === 0 && flow) await client.numbers.create({ number: IVR_NUMBER, name: 'welcome menu', call_flow_id: flow.id });
  return { number: numbers.length === 0 ? flow !== undefined : numbers.some(({ number }) => number === IVR_NUMBER), flow: flow !== undefined };
}
