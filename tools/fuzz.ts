// `npm run fuzz -- --count 500 --seed 1`: as many requests for each operation, made of openapi.json. Without a seed, a new one, which is printed.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { count: { type: 'string', default: '500' }, seed: { type: 'string' } } });
const environment = { ...process.env, FUZZ_COUNT: values.count, FUZZ_SEED: values.seed ?? String(Math.floor(Math.random() * 2 ** 31)) };
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'server', 'packages/server/src/api/fuzz.test.ts'], { stdio: 'inherit', env: environment });
process.exitCode = status ?? 1;
