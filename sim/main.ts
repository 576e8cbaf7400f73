// `npm run sim`: runs seeds, and says how to replay the one that fails.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { crashPoints, SCENES } from './crash-points.js';
import { runSeed, type SeedResult } from './run.js';

const HELP = `The simulation: whole flows on nodes that crash, by seed.

  npm run sim                        the kept seeds and 2,000 more
  npm run sim -- --seeds 500 --from 10000
  npm run sim -- --long              200,000 seeds
  npm run sim -- --seed 42           one seed, with its trace
  npm run sim -- --crash-points      a crash before and after each write of a few flows
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '0' }, seed: { type: 'string' }, long: { type: 'boolean', default: false },
    'crash-points': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});

/** Seeds that once failed: always run. What a seed means changes with the plans and the faults that are drawn from it. */
const kept = (): readonly number[] => JSON.parse(readFileSync(new URL('../seeds.json', import.meta.url), 'utf8')) as number[];

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

function tell({ seed, violation }: SeedResult): void {
  if (!violation) return;
  say(`seed ${seed} breaks ${violation.promise}: ${violation.message}`);
  say(`replay it:  npm run sim -- --seed ${seed}`);
  process.exitCode = 1;
}

async function replay(seed: number): Promise<void> {
  const result = await runSeed(seed, { trace: say });
  tell(result);
  if (!result.violation) say(`seed ${seed} (${result.strict ? 'strict' : 'wild'}): no violation`);
}

async function runSeeds(from: number, count: number): Promise<void> {
  const began = performance.now();
  const sums = { seeds: 0, compared: 0, writes: 0, effects: 0, deliveries: 0 };
  const seconds = () => (performance.now() - began) / 1000;
  const seeds = [...kept(), ...Array.from({ length: count }, (_, i) => from + i)];
  for (const seed of seeds) {
    const result = await runSeed(seed);
    sums.seeds++;
    sums.compared += result.strict ? 1 : 0;
    sums.writes += result.writes;
    sums.effects += result.effects;
    sums.deliveries += result.deliveries;
    tell(result);
    if (sums.seeds % 1_000 === 0) say(`${sums.seeds} seeds, ${Math.round(sums.seeds / seconds())} a second`);
    if (result.violation) break;
  }
  say(`${sums.seeds} seeds (${sums.compared} compared with a calm world), ${sums.writes} writes, ${sums.effects} effects, ${sums.deliveries} deliveries, ${seconds().toFixed(1)} s: `
    + (process.exitCode ? 'VIOLATION' : 'no violation'));
}

async function runCrashPoints(): Promise<void> {
  for (const scene of SCENES) {
    for (const nodes of [1, 2]) {
      const { points, failing } = await crashPoints(scene, nodes);
      say(`${scene.name}, ${nodes} node${nodes > 1 ? 's' : ''}: ${points} crash points, ${failing.length} of them lead elsewhere`);
      for (const { point, side, violation } of failing) say(`  ${side} write ${point}: ${violation.promise}: ${violation.message}`);
      if (failing.length > 0) process.exitCode = 1;
    }
  }
}

if (values.help) say(HELP);
else if (values['crash-points']) await runCrashPoints();
else if (values.seed !== undefined) await replay(Number(values.seed));
else await runSeeds(Number(values.from), values.long ? 200_000 : Number(values.seeds));
