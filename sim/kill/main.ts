// `npm run kill`: kills a real server under load, again and again, and says what was lost.
import { parseArgs } from 'node:util';
import { runKills } from './kill.js';
import { runWebhookKills } from './webhooks.js';

const HELP = `A real server, real load, kill -9 at random moments, restarts on the same file.

  npm run kill                          50 rounds
  npm run kill -- --rounds 10 --seed 7
  npm run kill -- --webhooks            the sender of webhooks: 100 kills, 10,000 deliveries (--rounds, --deliveries)
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' }, seed: { type: 'string', default: '1' }, webhooks: { type: 'boolean', default: false }, deliveries: { type: 'string', default: '10000' },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => { process.stdout.write(`${line}\n`); };

function tell(violations: readonly string[], line: string): void {
  for (const violation of violations.slice(0, 50)) say(`VIOLATION ${violation}`);
  say(`${line}: ${violations.length === 0 ? 'no violation' : `${violations.length} VIOLATIONS`}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

const seed = Number(values.seed);
if (values.help) say(HELP);
else if (values.webhooks) {
  const { violations, kills, activeflows, deliveries, copies } = await runWebhookKills({ kills: Number(values.rounds ?? '100'), deliveries: Number(values.deliveries), seed, say });
  tell(violations, `${kills} kills, ${activeflows} activeflows, ${deliveries} deliveries in ${copies} copies, each signed, in order`);
} else {
  const { violations, acknowledged, kills, activeflows, keys, copies } = await runKills({ rounds: Number(values.rounds ?? '50'), seed, say });
  tell(violations, `${kills} kills, ${acknowledged} acknowledged commands, ${activeflows} activeflows, ${keys} requests sent in ${copies} copies`);
}
