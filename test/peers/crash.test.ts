// The server is killed in the middle of calls: what it carried is lost and says so, nothing hangs, and phones can call again.
import { describe, expect, it } from 'vitest';
import { has } from './programs.js';
import { useStage } from './stage.js';
import { shareOf } from './wav.js';

describe.skipIf(!has('baresip'))('kill -9 during calls', () => {
  const stage = useStage();

  it('ends each run once as a hangup that was lost, with what is to come after it; the next call is as any', async () => {
    const collect = { type: 'digits_receive', option: { length: 1, duration: 600_000 } };
    const after = [{ type: 'variable_set', option: { key: 'after', value: '${voipbin.activeflow.end_reason}' } }];
    const flows = [
      await stage.number('waits', [collect, { type: 'variable_set', option: { key: 'went', value: 'on' } }], after),
      await stage.number('records', [{ type: 'answer' }, { type: 'recording_start' }, { type: 'echo', option: { duration: 600_000 } }], after),
      await stage.number('joined', [{ type: 'connect', option: { destinations: [{ type: 'extension', target: '1002' }] } }], after),
    ];
    const called = await stage.ready({ user: '1002', answers: true });
    const callers = [await stage.ready({ user: '1000' }), await stage.ready({ user: '1001', tone_hz: 650 }), await stage.ready({ user: '1001' })];
    for (const [i, number] of ['waits', 'records', 'joined'].entries()) {
      await callers[i]?.dial(number);
      await callers[i]?.until('CALL_ESTABLISHED');
    }
    await called.until('CALL_ESTABLISHED');
    await expect.poll(() => callers[1]?.received()).toBeGreaterThan(100);
    await stage.server().kill();
    await stage.server().again();
    const runs = await Promise.all(flows.map((flow) => stage.ended(flow)));
    for (const run of runs) {
      expect(run).toMatchObject({ end_reason: 'hangup', waiting_for: null });
      expect(run.end_detail).toContain('lost');
      expect(await stage.call(run)).toMatchObject({ status: 'hangup', hangup_reason: 'failed', hangup_by: '' });
      const [then, ...more] = await stage.after(run);
      expect(more).toEqual([]);
      expect(await stage.server().client.activeflows.variables(then?.id ?? '')).toMatchObject({ after: 'hangup' });
    }
    const left = (await stage.server().client.calls.list({}).page()).result.filter(({ status }) => status !== 'hangup');
    expect(left).toEqual([]);
    // A recording is as long as what was written.
    const [said] = await stage.recorded(runs[1] as (typeof runs)[number]);
    expect(shareOf(650, said)).toBeGreaterThan(0.5);

    const again = await stage.ready();
    await again.dial('waits');
    await again.until('CALL_ESTABLISHED');
    await again.press('1');
    await again.until('CALL_CLOSED');
    const run = await stage.ended(flows[0] ?? '');
    expect(run).toMatchObject({ end_reason: 'completed' });
    expect(await stage.server().client.activeflows.variables(run.id)).toMatchObject({ went: 'on' });
  });
});
