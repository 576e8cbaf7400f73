// Channels beside a leg: those that listen to it and those that send what they hear away. They are ours, and no calls.
import { MARKS, path, text, within, type Exchange, type Leg } from './leg.js';

/** What a channel beside a leg hears of it, and where what it says goes to. */
export type Snoop = { readonly spy: 'in' | 'out' | 'both'; readonly whisper: 'none' | 'out' };

/** The channels beside legs. */
export type Asides = {
  /** Listens to a leg by a channel of this id, and resolves once it is there. Throws where it is not. */
  snoop(leg: Leg, id: string, how: Snoop): Promise<void>;
  /** Makes a channel that sends RTP to a host, and resolves once it is there. Throws where it is not. */
  external(id: string, asked: { readonly host: string; readonly port: number; readonly format: string }): Promise<void>;
  /** Asterisk says that one of our channels has entered the application. */
  entered(channel_id: string): void;
  end(id: string): Promise<void>;
};

/** How long a channel has to enter the application after Asterisk has made it. */
const ENTER_MS = 5_000;

/** Makes the part that makes such channels. */
export function createAsides({ ari, settings, log }: Exchange): Asides {
  const waiting = new Map<string, () => void>();

  const make = async (id: string, at: string, asked: Readonly<Record<string, unknown>>): Promise<void> => {
    let isHere = false;
    const here = new Promise<void>((resolve) => { waiting.set(id, () => { isHere = true; resolve(); }); });
    try {
      await ari.post(at, { app: settings.app, ...asked });
      await within(here, ENTER_MS);
      if (!isHere) throw new Error('Asterisk has made a channel that never came to the application');
    } finally {
      waiting.delete(id);
    }
  };
  return {
    snoop: (leg, id, { spy, whisper }) => make(id, `${path('channels', leg.channel_id, 'snoop', id)}`, { spy, whisper, appArgs: MARKS.aside }),
    external: (id, { host, port, format }) => make(id, '/channels/externalMedia', { channelId: id, external_host: `${host}:${port}`, format, encapsulation: 'rtp', transport: 'udp', connection_type: 'client', direction: 'both' }),
    entered(channel_id) { waiting.get(channel_id)?.(); },
    async end(id) {
      // One that is gone with its leg is as well as ended.
      await ari.delete(path('channels', id)).catch((error: unknown) => { log.info({ channel: id, err: text(error) }, 'asterisk: a channel beside a leg was gone'); });
    },
  };
}
