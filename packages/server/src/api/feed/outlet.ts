// Where bytes go out: gathered while entries are handed out, sent in one go.
import type { Writable } from 'node:stream';

/** A way out to one who listens. */
export type Outlet = {
  /** Gathers; much of it goes out at once. */
  send(this: void, bytes: Buffer): void;
  /** Sends what was gathered. */
  flush(this: void): void;
  /** Forgets what was gathered and not sent. */
  forget(this: void): void;
  /** How many bytes wait: those gathered, and those that the system has not taken yet. */
  waiting(this: void): number;
  /** Resolves once the system takes more, or never will. */
  drained(this: void): Promise<void>;
};

/** So much is not gathered any longer: as long as it is here, nobody knows whether the reader is slow. */
const MOST_GATHERED_BYTES = 65_536;

/** Makes the way out over a stream; nothing is sent while it is not open. */
export function createOutlet(out: Writable, isOpen: () => boolean): Outlet {
  let gathered: Buffer[] = [];
  let bytes_gathered = 0;

  const forget = (): void => {
    gathered = [];
    bytes_gathered = 0;
  };

  const flush = (): void => {
    const all = gathered;
    forget();
    if (all.length === 0 || !isOpen()) return;
    out.cork();
    for (const bytes of all) out.write(bytes);
    out.uncork();
  };

  return {
    flush, forget,
    send(bytes) {
      gathered.push(bytes);
      bytes_gathered += bytes.length;
      if (bytes_gathered > MOST_GATHERED_BYTES) flush();
    },
    waiting: () => out.writableLength + bytes_gathered,
    drained: () => new Promise((resolve) => {
      const go = (): void => { out.off('drain', go).off('close', go); resolve(); };
      // A stream says that it has drained only after it has said that it is full.
      if (out.writableNeedDrain && !out.destroyed) out.once('drain', go).once('close', go);
      else setImmediate(resolve);
    }),
  };
}
