// What `dev` keeps between runs, so that tokens, keys and printed lines stay valid: files under ./data that only their owner reads.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from './terminal.js';

/** Where `dev` keeps its access key, and where the other commands look for one. */
export const KEY_FILE = 'data/dev-access-key';
/** Where `dev` keeps the secret that signs its tokens. */
export const SECRET_FILE = 'data/dev-jwt-secret';
/** Where `dev` keeps the password of its extension. */
export const PHONE_FILE = 'data/dev-sip-password';

/** The text of a file; undefined where there is none. */
export function readKept(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** The text of a file that has the form `wanted`; made where there is none yet. */
export function keep(path: string, wanted: RegExp, make: () => string): string {
  const kept = readKept(path) ?? write(path, make());
  if (!wanted.test(kept)) throw new CommandError(`${path} does not hold what it should: delete it, and a new one is made.`);
  chmodSync(path, 0o600);
  return kept;
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
  return text;
}
