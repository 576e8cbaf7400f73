// Load at a steady rate, whatever the answers take; and the processes beside the engine that are asked and say.
import type { ChildProcess } from 'node:child_process';
import { exited, startChild } from './engine.js';
import { openPool, type Pool } from './load.js';

const CONNECTIONS = 64;
/** How long one answer may take. */
const PATIENCE_MS = 20_000;

/** Sends requests at a steady rate, as long as a connection is free. Resolves when all are answered, with the milliseconds from when each was due to its answer, sorted; a server that goes away meanwhile is no error. */
export async function sendSteadily(port: number, next: () => Buffer, per_s: number, milliseconds: number): Promise<Float64Array> {
  const free: Pool[] = await Promise.all(Array.from({ length: CONNECTIONS }, () => openPool(port, 1)));
  const all = [...free];
  const began = performance.now();
  let sent = 0;
  let going = 0;
  const latencies: number[] = [];
  const send = async (pool: Pool, due: number): Promise<void> => {
    let request: Buffer | undefined = next();
    going++;
    await pool.run(() => { const once = request; request = undefined; return once; }, PATIENCE_MS).then(() => { latencies.push(performance.now() - due); }).catch(() => { /* the engine is killed, where that is what is measured */ });
    going--;
    free.push(pool);
  };
  for (let now = began; now - began < milliseconds; now = performance.now()) {
    // The first at once, so that the shortest run has one.
    for (const due = 1 + ((now - began) / 1000) * per_s; sent < due && free.length > 0; sent++) void send(free.pop() as Pool, Math.min(now, began + (sent * 1000) / per_s));
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
  while (going > 0) await new Promise((resolve) => { setTimeout(resolve, 1); });
  for (const pool of all) pool.close();
  return Float64Array.from(latencies).sort();
}

/** A process beside the engine: asked one thing at a time. */
export type Peer<Asked, Said> = { ask(this: void, asked: Asked): Promise<Said>; close(this: void): Promise<void> };

/** Starts a script of the bench that listens to the engine. */
export async function startPeer<Asked extends object | string, Said>(script: string): Promise<Peer<Asked, Said>> {
  const { child } = await startChild(script);
  return {
    ask: (asked) => new Promise((resolve, reject) => {
      const gone = (code: number | null): void => { reject(new Error(`${script} ended with ${String(code)}; see bench/results/server.log`)); };
      child.once('exit', gone).once('message', (said: Said) => { child.off('exit', gone); resolve(said); });
      child.send(asked);
    }),
    close: () => closeChild(child),
  };
}

async function closeChild(child: ChildProcess): Promise<void> {
  const gone = exited(child);
  child.disconnect();
  await gone;
}
