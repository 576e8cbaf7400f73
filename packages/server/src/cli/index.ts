// The command line: `activeflow <command>`. Exit codes: 0 fine, 1 the operator's or the API's error, 2 a command written wrongly.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addDev } from './dev.js';
import { addStart } from './start.js';
import { endWithReader, note, UsageError } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

function createProgram(): Command {
  const program = new Command('activeflow').description('A durable engine for communication flows.').version(version).exitOverride().showHelpAfterError('(--help shows how it is used)');
  addDev(program);
  addStart(program);
  return program;
}

async function run(): Promise<number> {
  try {
    await createProgram().parseAsync();
    return 0;
  } catch (error) {
    // Help and version are no errors; commander has said what is wrong with the rest.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    note(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

endWithReader();
process.exitCode = await run();
