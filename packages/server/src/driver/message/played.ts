// Messages that are played: they are delivered at once, and nothing leaves.
import { partsOf } from './document.js';
import type { MessageProvider } from './provider.js';

/** The name that routes know it by. */
export const PLAYED = 'simulator';

/** Makes the provider that everything is delivered by. What is played at us comes by a door of its own. */
export const createPlayed = (): MessageProvider => ({
  name: PLAYED,
  repeatable: true,
  window: 256,
  submit: async ({ reference, text }) => ({ outcome: 'delivered', provider_ids: [reference], parts: partsOf(text) }),
  doors: [],
  health: () => ({ up: true, detail: '', in_flight: 0 }),
  start: async () => undefined,
  close: async () => undefined,
});
