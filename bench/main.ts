// `npm run bench`: what the README claims, reproducible. Load comes from this process, the engine runs in another, over HTTP on the loopback.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELP, readOptions, type Options } from './args.js';
import { RESULTS } from './engine.js';
import { judge, showVerdicts } from './figures.js';
import { describeMachine } from './machine.js';
import { profileRequests } from './measure.js';
import { showEntries, showMachine } from './report.js';
import { runRounds } from './rounds.js';
import { REQUEST_WORKS } from './works/requests.js';

const note = (text: string): void => { process.stderr.write(`${text}\n`); };

async function bench(options: Options): Promise<void> {
  const { entries, values, flushes } = await runRounds(options, note);
  const verdicts = judge(values);
  const lines = [...entries, ...verdicts].map((line) => JSON.stringify(line)).join('\n');
  const text = `${describeMachine()}\n${showMachine(entries)}\n${flushes}\n\n${showEntries(entries)}\n\n${showVerdicts(verdicts)}`;
  console.log(options.json ? lines : text);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'latest.jsonl'), `${lines}\n`);
  writeFileSync(join(RESULTS, 'latest.txt'), `${text}\n`);
}

async function profile(options: Options): Promise<void> {
  for (const work of REQUEST_WORKS.filter(({ work: name }) => options.names.includes(name))) console.log(`${await profileRequests(work, options)}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else if (options.profile) await profile(options);
  else await bench(options);
} catch (error) {
  note(error instanceof Error ? error.stack ?? error.message : String(error));
  process.exitCode = 1;
}
