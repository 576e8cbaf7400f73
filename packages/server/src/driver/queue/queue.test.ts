// Queues over calls that are carried by played legs: who waits, who is rung, who talks, and who is left when somebody goes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NONE_ID } from '@activeflow/engine';
import { openCallStage, type CallStage, type Dialled } from '../testing/call-stage.js';
import type { QueuecallData } from './document.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

const QUEUE = 'd0000000-0000-4000-8000-000000000001';
const ANNA = { type: 'extension', target: '1000' };
const join = { type: 'queue_join', option: { queue_id: QUEUE } };
const collect = { type: 'digits_receive', option: { duration: 3_600_000, length: 1 } };
const talk = (text: string) => ({ type: 'talk', option: { text } });

const open = async (agents: readonly object[], more: object = {}) => {
  const wait_flow_id = await stage.world.flow([talk('Please wait a moment, somebody will be with you soon.')]);
  await stage.document('queue', QUEUE, { name: 'Sales', detail: '', wait_flow_id, agents, routing: 'longest_idle', timeout_wait_ms: 600_000, timeout_service_ms: 0, ring_timeout_ms: 20_000, ...more });
};
const queuecalls = async () => (await stage.documents('queuecall')).map(({ data }) => data as unknown as QueuecallData);
const fates = async () => (await queuecalls()).map(({ status, end_reason, agent }) => [status, end_reason, agent?.target].filter(Boolean).join(' '));
const legOf = async ({ id }: Dialled) => (await queuecalls()).find(({ call_id }) => call_id === id)?.agent_call_id ?? NONE_ID;

describe('a caller', () => {
  it('hears the wait flow until an agent answers, talks, and goes on when the agent hangs up', async () => {
    await open([ANNA]);
    const caller = await stage.dial([join, collect]);
    await stage.pass(999);
    expect(await stage.current(caller)).toBe('talk');
    expect(await fates()).toEqual(['connecting 1000']);
    await stage.pass(1);
    expect(await stage.current(caller)).toBe('queue_service');
    expect(await fates()).toEqual(['service 1000']);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 3533', 'stop', 'join relay']);
    const leg = await legOf(caller);
    expect(stage.legs.asked(leg)).toEqual(['originate 1000', 'join relay']);
    await stage.pass(60_000);
    stage.legs.hangUp(leg);
    await stage.world.idle();
    expect(await stage.current(caller)).toBe('digits_receive');
    expect(await fates()).toEqual(['done agent 1000']);
    expect(await stage.variables(caller)).toMatchObject({ 'voipbin.queuecall.status': 'done', 'voipbin.queuecall.end_reason': 'agent', 'voipbin.queue.name': 'Sales' });
    expect(await stage.line(caller)).toEqual(['start', 'queue_join', 'queue_wait', 'talk:forwarded', 'queue_service']);
  });
});
