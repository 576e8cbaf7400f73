// A worker thread of speech that does what it is asked, good or bad.
import { serve } from '../worker.js';

/** What it does, and what it answers then. */
export type Odd = { readonly does: 'answers' | 'throws' | 'exits'; readonly n: number };

serve<Odd>(({ does, n }) => {
  switch (does) {
    case 'answers':
      return Int16Array.of(n);
    case 'throws':
      throw new Error('thrown');
    case 'exits':
      return process.exit(1);
    default:
      return does satisfies never;
  }
});
