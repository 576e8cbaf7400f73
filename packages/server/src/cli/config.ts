// `activeflow config`: every setting, as it is.
import type { Command } from 'commander';
import { showSettings, type ShownSetting } from '../config.js';
import { withOutput, writeList, type Column, type Output } from './output.js';
import { CommandError } from './terminal.js';

const COLUMNS: readonly Column<ShownSetting>[] = [
  { head: 'NAME', width: 34, of: ({ name }) => name }, { head: 'VALUE', width: 32, of: ({ value, fault }) => (fault === '' ? value || '-' : `${value}  (wrong)`) },
  { head: 'DEFAULT', width: 32, of: ({ fallback }) => fallback || '-' }, { head: 'HELP', of: ({ help }) => help },
];

/** Adds the command. */
export function addConfig(program: Command): void {
  withOutput(program.command('config').description('show every setting: its value, secrets aside, its default, and what it is for'))
    .addHelpText('after', '\nExits 1 where a setting cannot be used.\n\nExample:\n  $ activeflow config --output json')
    .action(async ({ output }: { readonly output: Output }) => {
      const settings = showSettings();
      await writeList(each(settings), COLUMNS, output);
      const faults = settings.filter(({ fault }) => fault !== '').map(({ fault }) => fault);
      if (faults.length > 0) throw new CommandError(faults.join('\n'));
    });
}

async function* each<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}
