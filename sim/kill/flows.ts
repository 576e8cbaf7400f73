// Flows to run: each ends by itself within seconds, whoever else does what.
import type { Random } from '../random.js';

/** An action as a client writes it. */
export type Written = { readonly id: string; readonly type: string; readonly option: Readonly<Record<string, unknown>> };

/** Three to ten actions of all kinds that this test knows; what they send goes to the ledger. */
export function randomActions(random: Random, ledger_url: string): readonly Written[] {
  const count = random.int(3, 10);
  let looped = false;
  return Array.from({ length: count }, (_, i): Written => {
    const id = `a${i}`;
    const later = (): string => `a${random.int(Math.min(i + 1, count - 1), count - 1)}`;
    const kind = random.weighted({ set: 30, send: 25, ask: 15, sleep: 10, block: 10, branch: i + 1 < count ? 15 : 0, loop: i > 0 && !looped ? 8 : 0 });
    switch (kind) {
      case 'set': return { id, type: 'variable_set', option: { key: random.pick(['choice', 'other', id]), value: random.pick(['x', 'y', '${answered}', '${voipbin.activeflow.id}']) } };
      case 'send': case 'ask': {
        const data = JSON.stringify({ activeflow: '${voipbin.activeflow.id}', action: id, text: '${choice}'.repeat(random.int(0, 3)) });
        return { id, type: 'webhook_send', option: { uri: ledger_url, data, sync: kind === 'ask' } };
      }
      case 'sleep': return { id, type: 'sleep', option: { duration: random.int(0, 700) } };
      case 'block': return { id, type: 'block', option: { timeout: random.int(300, 2_500) } };
      case 'branch': return { id, type: 'branch', option: { variable: 'choice', target_ids: { x: later(), y: later() }, default_target_id: later() } };
      case 'loop': {
        looped = true;
        return { id, type: 'goto', option: { target_id: `a${random.int(0, i - 1)}`, loop_count: random.int(1, 3) } };
      }
      default: return kind satisfies never;
    }
  });
}
