// For tests: a worker thread that is started from a TypeScript source runs it as it stands, as the test itself does. Vitest gives this file to
// its processes by `execArgv`, from which a worker thread inherits it; what is shipped knows nothing of it.
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) register('./hooks.js', import.meta.url);
