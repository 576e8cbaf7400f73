// Copies of a leg's sound to a host, by RTP: a channel that listens and a channel that sends, bridged.
import type { ForkAsked } from '../../media/media.js';
import type { Asides } from './aside.js';
import { inOrder, named, path, PREFIX, text, type Exchange, type Leg } from './leg.js';

/** The forks. */
export type Forks = {
  fork(leg: Leg, id: string, asked: ForkAsked): void;
  unfork(leg: Leg, id: string): void;
};

/** Makes the forks. */
export function createForks(exchange: Exchange, asides: Asides): Forks {
  const { ari, log } = exchange;
  const open = new Set<string>();

  const close = async (leg: Leg, id: string): Promise<void> => {
    if (!open.delete(id) && !leg.adopted) return;
    const { ear, mouth, bridge } = names(id);
    await Promise.all([asides.end(ear), asides.end(mouth), ari.delete(path('bridges', bridge)).catch(() => undefined)]);
  };
  const begin = async (leg: Leg, id: string, { host, port, codec, direction, duplex }: ForkAsked): Promise<void> => {
    const { ear, mouth, bridge } = names(id);
    await asides.snoop(leg, ear, { spy: direction, whisper: duplex ? 'out' : 'none' });
    await asides.external(mouth, { host, port, format: codec });
    await ari.post(path('bridges', bridge), { type: 'mixing' }, 'again');
    await ari.post(path('bridges', bridge, 'addChannel'), { channel: [ear, mouth] });
  };
  return {
    fork(leg, id, asked) {
      if (open.has(id)) return;
      open.add(id);
      leg.at_end.add(() => close(leg, id));
      void inOrder(exchange, leg, 'fork', () => begin(leg, id, asked).catch((error: unknown) => {
        // An earlier process has begun it: it goes on.
        if (leg.adopted) return undefined;
        log.warn({ leg_id: leg.id, err: text(error) }, 'asterisk: the sound could not be sent on');
        return close(leg, id);
      }));
    },
    unfork(leg, id) { void inOrder(exchange, leg, 'unfork', () => close(leg, id)); },
  };
}

const names = (id: string): { readonly ear: string; readonly mouth: string; readonly bridge: string } => ({ ear: `${PREFIX}ear-${named(id)}`, mouth: `${PREFIX}mouth-${named(id)}`, bridge: `${PREFIX}fork-${named(id)}` });
