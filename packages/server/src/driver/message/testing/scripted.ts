// A provider that follows a script, for tests of what is made of its answers.
import type { Ears, MessageProvider, Outgoing, ProviderHealth, Submitted } from '../provider.js';

/** A provider, what it was asked, and what it says next. */
export type Scripted = {
  readonly provider: MessageProvider;
  /** Every submission, in order. */
  readonly asked: Outgoing[];
  /** How the next submissions are answered, in order; then each is taken. An error is thrown; a promise that does not settle is a crash in the midst of it. */
  readonly script: ((message: Outgoing) => Submitted | Promise<Submitted>)[];
  ears: Ears | undefined;
  health: ProviderHealth;
};

/** Makes one; the carrier's ids are `p1`, `p2`, … */
export function createScripted(name = 'scripted', more: Partial<MessageProvider> = {}): Scripted {
  const asked: Outgoing[] = [];
  const script: Scripted['script'] = [];
  let ids = 0;
  const made: Scripted = {
    asked, script, ears: undefined, health: { up: true, detail: '', in_flight: 0 },
    provider: {
      name, repeatable: false, window: 10, doors: [],
      async submit(message) {
        asked.push(message);
        const next = script.shift();
        return next ? next(message) : { outcome: 'sent', provider_ids: [`p${++ids}`], parts: 1 };
      },
      health: () => made.health,
      start: async (ears) => { made.ears = ears; },
      close: async () => undefined,
      ...more,
    },
  };
  return made;
}
