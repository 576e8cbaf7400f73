// What a command says and where: results on stdout, everything else on stderr; colour and questions at a terminal only.
import { once } from 'node:events';
import { styleText } from 'node:util';

/** A failure that the operator or the API is to blame for: one sentence, and exit code 1. */
export class CommandError extends Error {}

/** A command that was written wrongly: one sentence, and exit code 2. */
export class UsageError extends Error {}

type Style = Parameters<typeof styleText>[0];

/** Colours a text for stdout; as it is where stdout is no terminal, or NO_COLOR is set. */
export function paint(style: Style, text: string): string {
  // Looks at NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS and TERM.
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text, { validateStream: false }) : text;
}

/** Writes a line to stdout; waits where the reader is slow. */
export async function say(line = ''): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** Writes a line to stderr: progress, warnings, what went wrong. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A reader that went away (`| head`) ends the program without a word, as it ends others. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
