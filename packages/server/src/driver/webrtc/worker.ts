// The worker thread of browsers: DTLS in JavaScript takes milliseconds, which neither the main thread nor the one that keeps time may lose.
import { parentPort, workerData } from 'node:worker_threads';
import { createCertificate } from './dtls.js';
import { createPeers, type Peers } from './peers.js';
import type { FromWorker, ToWorker, WorkerSettings } from './wire.js';

const tell = (fact: FromWorker): void => { parentPort?.postMessage(fact); };

async function start(): Promise<Peers> {
  const certificate = await createCertificate();
  const peers = await createPeers(workerData as WorkerSettings, certificate, tell);
  tell({ type: 'ready', port: peers.port, fingerprint: certificate.fingerprint });
  return peers;
}

void start().then((peers) => {
  parentPort?.on('message', (asked: ToWorker) => {
    switch (asked.type) {
      case 'open': peers.open(asked); return;
      case 'close': peers.close(asked.leg_id); return;
      case 'stop': void peers.closeAll().then(() => { parentPort?.close(); }); return;
      default: asked satisfies never;
    }
  });
}, (error: unknown) => { tell({ type: 'failed', message: (error as Error).message }); });
