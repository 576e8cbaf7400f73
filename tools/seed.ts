// Properties are tried on the same inputs everywhere, so that a red run is the change's and not chance's. `FC_SEED=<n>` tries others.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 1) });
