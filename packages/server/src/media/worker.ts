// The thread of the media worker.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { createCore } from './core.js';
import type { MediaSettings } from './media.js';
import type { Command } from './protocol.js';

/** What keeps time goes before what does not. */
const PRIORITY = -10;

const main = parentPort;
if (main === null) throw new Error('The media worker is started by createMedia.');
// Linux takes it for this thread alone, and allows it to root and where CAP_SYS_NICE or a limit does; elsewhere it goes on as it is.
if (platform() === 'linux') try { setPriority(0, PRIORITY); } catch { /* not allowed */ }
const core = createCore(workerData as MediaSettings, (answer) => { main.postMessage(answer); });
main.on('message', (command: Command) => { core.take(command); });
