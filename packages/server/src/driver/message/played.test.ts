// The provider that plays, by the suite that is there for all of them.
import { providerConforms, type TakenText } from './conformance.js';
import { createPlayed } from './played.js';

providerConforms('simulator', async () => {
  const taken: TakenText[] = [];
  const provider = createPlayed();
  const submit: typeof provider.submit = async (message, signal) => { taken.push(message); return provider.submit(message, signal); };
  return { provider: { ...provider, submit }, taken: async () => taken, fail: undefined, deliver: undefined, arrive: undefined, close: async () => undefined };
});
