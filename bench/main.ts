// `npm run bench`: what the README claims, reproducible. Load comes from this process, the engine runs in another, over HTTP on the loopback.
import { HELP, readOptions, type Options } from './args.js';
import type { Entry } from './entry.js';
import { describeMachine, measureMachine } from './machine.js';
import { measureRequests, profileRequests } from './measure.js';
import { showEntries, showMachine } from './report.js';
import { REQUEST_WORKS } from './works/requests.js';

const note = (text: string): void => { process.stderr.write(`${text}\n`); };

async function bench(options: Options): Promise<void> {
  const works = REQUEST_WORKS.filter(({ work }) => options.names.includes(work));
  const entries: Entry[] = [];
  for (let round = 1; round <= options.sizes.rounds; round++) {
    note(`round ${round} of ${options.sizes.rounds}`);
    const machine = await measureMachine(options.sizes.machine_ms);
    for (const work of works) entries.push(...(await measureRequests(work, options, machine, 1)));
  }
  if (options.json) for (const entry of entries) console.log(JSON.stringify(entry));
  else if (entries.length > 0) console.log(`${describeMachine()}\n${showMachine(entries)}\n\n${showEntries(entries)}`);
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
