// The WebSocket against a real server: what is told, to whom, in which form, and what closes it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTest, STORES, type Tested } from '../testing/server.js';
import { listen } from './testing/ears.js';

describe.each(STORES)('a WebSocket on %s', (store) => {
  let t: Tested;
  beforeEach(async () => { t = await startTest(store); });
  afterEach(() => t.close());

  test('is told of each step of a run', async () => {
    const ears = await listen(t);
    ears.say({ type: 'subscribe', topics: [`customer_id:${t.customer_id}:activeflow`] });
    await ears.heard();
    const { body } = await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'variable_set', option: { key: 'a', value: '1' } }, { type: 'variable_set', option: { key: 'b', value: '1' } }] } });
    const frames = await ears.until(({ data }) => data.status === 'ended');
    expect(frames.map(({ type, data }) => `${type} ${data.current_action.type}`)).toEqual([
      'activeflow_created ', 'activeflow_updated variable_set', 'activeflow_updated variable_set', 'activeflow_updated ', 'activeflow_updated ',
    ]);
    expect(frames.map(({ data }) => data.id)).toEqual(Array(5).fill(body.id));
    expect(frames.map(({ seq }) => seq - frames[0].seq)).toEqual([0, 1, 2, 3, 4]);
  });
});
