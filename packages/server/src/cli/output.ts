// Results as people read them (table) or as programs do (json). Lists are written row by row, as they arrive.
import { Option, type Command } from 'commander';
import { paint, say } from './terminal.js';

/** How results are written. */
export type Output = 'table' | 'json';

/** Gives a command the option `--output`. */
export const withOutput = (command: Command): Command =>
  command.addOption(new Option('-o, --output <form>', 'how to write results; a list in json is one object a line').choices(['table', 'json']).default('table'));

/** One column of a table: its head, its width (the last one needs none), and its text. */
export type Column<T> = { readonly head: string; readonly width?: number; readonly of: (row: T) => string };

/** Writes a list as its rows arrive. */
export async function writeList<T>(rows: AsyncIterable<T>, columns: readonly Column<T>[], output: Output): Promise<void> {
  // The head waits for the first row: what is refused has no table.
  let head: string | undefined = output === 'table' ? paint('dim', line(columns, (column) => column.head)) : undefined;
  const begin = async () => {
    if (head !== undefined) await say(head);
    head = undefined;
  };
  for await (const row of rows) {
    await begin();
    await say(output === 'json' ? JSON.stringify(row) : rowLine(columns, row));
  }
  await begin();
}

/** A row of a table. */
export const rowLine = <T>(columns: readonly Column<T>[], row: T): string => line(columns, ({ of }) => of(row));

/** Writes one thing: as JSON, or as lines of name and value. */
export async function writeOne(value: object, fields: readonly (readonly [string, string])[], output: Output): Promise<void> {
  if (output === 'json') return say(JSON.stringify(value, null, 2));
  for (const [name, text] of fields) await say(`${paint('dim', name.padEnd(16))}${plain(text)}`);
}

const line = <T>(columns: readonly Column<T>[], text: (column: Column<T>) => string): string =>
  columns.map((column) => plain(text(column)).padEnd(column.width ?? 0)).join('  ').trimEnd();

/** Text without control characters: what others wrote must not steer this terminal. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** A time without its microseconds; `-` where it has not come. */
export const shortTime = (time: string): string => (time.startsWith('9999') || time === '' ? '-' : time.slice(0, 19));
