// A worker thread that decodes whole files: somebody's long file of a high rate takes a while, and the main thread has none to give.
import { decodeWav } from './wav.js';
import { serve } from './worker.js';

/** A file, and how long its sound may be. */
export type FileAsked = { readonly bytes: Uint8Array; readonly longest_samples: number };

serve<FileAsked>(({ bytes, longest_samples }) => decodeWav(bytes, longest_samples).slice());
