// A queue, as phones hear it: who waits hears the wait flow, and is joined to the agent that becomes free.
import { describe, expect, it } from 'vitest';
import type { Phone } from './baresip.js';
import { has } from './programs.js';
import { useStage } from './stage.js';
import { shareOf, soundSeconds } from './wav.js';

const [FIRST, AGENT, SECOND] = [550, 650, 1_050] as const;
/** Until a phone has heard half a second of a tone. */
const hears = (one: Phone, hz: number) => expect.poll(() => shareOf(hz, one.heard()) * one.heard().length).toBeGreaterThan(4_000);

describe.skipIf(!has('baresip'))('a queue', () => {
  const stage = useStage();

  it('lets a caller wait, who hears the wait flow and is joined to the agent that becomes free', async () => {
    const { client } = stage.server();
    const wait = await client.flows.create({ name: 'wait', actions: [{ type: 'talk', option: { text: 'All of us are talking. Please wait a moment, you will be next.' } }, { type: 'sleep', option: { duration: 600_000 } }] as never });
    const queue = await client.queues.create({ name: 'desk', wait_flow_id: wait.id, agents: [{ type: 'extension', target: '1001' }] });
    const flow = await stage.number('desk', [{ type: 'answer' }, { type: 'queue_join', option: { queue_id: queue.id } }, { type: 'variable_set', option: { key: 'left', value: '${voipbin.queuecall.end_reason}' } }]);
    const agent = await stage.ready({ user: '1001', tone_hz: AGENT, answers: true });
    const first = await stage.ready({ user: '1000', tone_hz: FIRST });
    await first.dial('desk');
    await agent.until('CALL_ESTABLISHED');
    await hears(first, AGENT);
    await hears(agent, FIRST);

    const second = await stage.ready({ user: '1002', tone_hz: SECOND });
    await second.dial('desk');
    await second.until('CALL_ESTABLISHED');
    await expect.poll(() => soundSeconds(second.heard())).toBeGreaterThan(1.5);
    expect(shareOf(AGENT, second.heard()) * second.heard().length).toBeLessThan(4_000);
    await first.hangup();
    await agent.until('CALL_ESTABLISHED');
    await hears(second, AGENT);
    await hears(agent, SECOND);
    await agent.hangup();
    await second.until('CALL_CLOSED');
    expect(shareOf(FIRST, second.heard()) * second.heard().length).toBeLessThan(1_600);
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'completed' });
    expect((await client.activeflows.variables(run.id))['left']).toBeTruthy();
  });
});
