// The worker thread of browsers, as the main thread holds it.
import { Worker, type MessagePort } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerSettings } from './wire.js';

/** A worker thread that has bound its socket. */
export type Thread = {
  /** The UDP port, and the fingerprint of the certificate as SDP writes it. */
  readonly port: number;
  readonly fingerprint: string;
  readonly tell: (message: ToWorker, transfer?: readonly MessagePort[]) => void;
  stop(): Promise<void>;
};

/** How long it may take to close its socket. */
const STOP_MS = 2_000;

/** Starts it. Throws where the socket cannot be bound. `died` is told when it ends without having been stopped. */
export async function createThread(settings: WorkerSettings, heard: (fact: FromWorker) => void, died: (message: string) => void): Promise<Thread> {
  // In a test the source runs as it stands.
  const entry = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: settings, name: 'webrtc' });
  let over = false;
  let message = 'it exited';
  worker.on('error', (error) => { message = String(error); });
  const exited = new Promise<void>((resolve) => { worker.once('exit', () => { resolve(); }); });
  const ready = await new Promise<Extract<FromWorker, { type: 'ready' }>>((resolve, reject) => {
    worker.once('message', (fact: FromWorker) => { if (fact.type === 'ready') resolve(fact); else reject(new Error(fact.type === 'failed' ? fact.message : fact.type)); });
    void exited.then(() => { reject(new Error(message)); });
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  worker.on('message', heard);
  void exited.then(() => { if (!over) died(message); });
  return {
    port: ready.port, fingerprint: ready.fingerprint,
    tell(asked, transfer = []) { worker.postMessage(asked, transfer); },
    async stop() {
      over = true;
      worker.postMessage({ type: 'stop' } satisfies ToWorker);
      const patience = setTimeout(() => { void worker.terminate(); }, STOP_MS);
      await exited;
      clearTimeout(patience);
    },
  };
}

/** A worker thread that is started when it is needed, and anew after it has died. */
export type KeptThread = {
  running(): Promise<Thread>;
  /** Tells it where there is one: one that has died has forgotten everything. */
  tell(message: ToWorker): void;
  stop(): Promise<void>;
};

/** Keeps a worker thread. `died` is told when it ends without having been stopped. */
export function keepThread(settings: WorkerSettings, heard: (fact: FromWorker) => void, died: (message: string) => void): KeptThread {
  let kept: Promise<Thread> | undefined;
  return {
    running() {
      kept ??= createThread(settings, heard, (message) => { kept = undefined; died(message); }).catch((error: unknown) => { kept = undefined; throw error; });
      return kept;
    },
    tell(message) { void kept?.then((thread) => { thread.tell(message); }, () => undefined); },
    async stop() {
      const last = kept;
      kept = undefined;
      await (await last?.catch(() => undefined))?.stop();
    },
  };
}
