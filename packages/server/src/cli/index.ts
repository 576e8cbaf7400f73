// The command line: `activeflow <command>`. Exit codes: 0 fine, 1 the operator's or the API's error, 2 a command written wrongly.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ActiveflowError } from '@activeflow/client';
import { addActiveflows } from './activeflows.js';
import { addCall } from './call.js';
import { addConfig } from './config.js';
import { addCustomers } from './customers.js';
import { addDev } from './dev.js';
import { addDoctor } from './doctor.js';
import { addFlows } from './flows.js';
import { addKeys } from './keys.js';
import { addMessages } from './messages.js';
import { explain } from './remote.js';
import { addStart } from './start.js';
import { endWithReader, note, UsageError } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

function createProgram(): Command {
  const program = new Command('activeflow').description('A durable engine for communication flows.').version(version).exitOverride().showHelpAfterError('(--help shows how it is used)');
  for (const add of [addDev, addStart, addFlows, addActiveflows, addCall, addMessages, addCustomers, addKeys, addConfig, addDoctor]) add(program);
  return program;
}

async function run(): Promise<number> {
  try {
    await createProgram().parseAsync();
    return 0;
  } catch (error) {
    // Help and version are no errors; commander has said what is wrong with the rest.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    note(error instanceof ActiveflowError ? explain(error) : error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

endWithReader();
process.exitCode = await run();
