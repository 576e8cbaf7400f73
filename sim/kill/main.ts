// `npm run kill`: kills a real server under load, again and again, and says what was lost.
import { parseArgs } from 'node:util';
import { runKills } from './kill.js';

const HELP = `A real server, real load, kill -9 at random moments, restarts on the same file.

  npm run kill                          50 rounds
  npm run kill -- --rounds 10 --seed 7
`;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } } });
const say = (line: string): void => { process.stdout.write(`${line}\n`); };

if (values.help) say(HELP);
else {
  const { violations, acknowledged, kills, activeflows, keys, copies } = await runKills({ rounds: Number(values.rounds), seed: Number(values.seed), say });
  for (const violation of violations.slice(0, 50)) say(`VIOLATION ${violation}`);
  say(`${kills} kills, ${acknowledged} acknowledged commands, ${activeflows} activeflows, ${keys} requests sent in ${copies} copies: ${violations.length === 0 ? 'no violation' : `${violations.length} VIOLATIONS`}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
