// Programs that nobody here wrote: where they are on this machine, and what is said where one is missing.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is; undefined on a machine without. */
export function program(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

const PACKAGES = { sipp: 'sip-tester', baresip: 'baresip-core', 'espeak-ng': 'espeak-ng' } as const;
/** A program of Debian's that the peers' tests run. */
export type Peer = keyof typeof PACKAGES;

/** Whether a program is here; where it is not, says once which package brings it. */
export function has(peer: Peer): boolean {
  const here = program(peer) !== undefined;
  if (!here) console.warn(`No ${peer} on this machine: its tests are skipped. Install it (apt-get install ${PACKAGES[peer]}) to run them.`);
  return here;
}
