// The thread of the media worker.
import { parentPort, workerData } from 'node:worker_threads';
import { createCore } from './core.js';
import type { MediaSettings } from './media.js';
import type { Command } from './protocol.js';

const main = parentPort;
if (main === null) throw new Error('The media worker is started by createMedia.');
const core = createCore(workerData as MediaSettings, (answer) => { main.postMessage(answer); });
main.on('message', (command: Command) => { core.take(command); });
