// Which stores there are, and the three ways to open one. Each is a folder, or a file, of its own; without its lines here it is gone.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Instant } from '@activeflow/engine';
import { openMemory } from './memory.js';
import { openSqlite } from './sqlite/sqlite.js';
import type { Store } from './store.js';

/** Where a store is: ACTIVEFLOW_STORE, read. */
export type StoreAddress = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly path: string };
/** What a commit is worth: ACTIVEFLOW_DURABILITY. */
export type StoreDurability = 'fsync' | 'os' | 'memory';

/** Opens the store of a server, which has it alone; makes it where there is none. Throws, in one sentence, where it cannot be used. */
export function openStore(address: StoreAddress, durability: StoreDurability, now: Instant): Store {
  if (address.kind === 'memory') return openMemory();
  mkdirSync(dirname(address.path), { recursive: true });
  return openSqlite(address.path, { durability, now });
}

/** Opens a store to administer it, also while its server runs; makes it where there is none. Throws as `openStore` does. */
export function openBeside(address: StoreAddress, now: Instant): Store {
  const path = pathOf(address);
  return existsSync(path) ? openSqlite(path, { beside: true }) : openStore(address, 'fsync', now);
}

/** Opens a store to read it, also while its server runs. Throws as `openStore` does, and where there is none. */
export function openToRead(address: StoreAddress): Store {
  const path = pathOf(address);
  if (!existsSync(path)) throw new Error(`There is no store at ${path}.`);
  return openSqlite(path, { read_only: true });
}

function pathOf(address: StoreAddress): string {
  if (address.kind === 'sqlite') return address.path;
  throw new Error('The store is in memory: only its server can reach it.');
}
