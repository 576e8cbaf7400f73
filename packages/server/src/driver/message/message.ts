// Messages: the driver of `message.send` and `message.receive`, and the doors by which they come in. Providers carry them; everything that lasts is in documents.
import { randomUUID } from 'node:crypto';
import { address, type AddressInput } from '@activeflow/engine';
import type { Log } from '../../log.js';
import type { Driver, Host } from '../driver.js';
import type { Room } from '../call-document.js';
import type { Refusal, Runnable } from '../run.js';
import type { Receipt } from '../slip.js';
import { createCaps } from './caps.js';
import { createGate } from './gate.js';
import { PLAYED } from './played.js';
import type { Ears, MessageProvider, ProviderHealth } from './provider.js';
import { addressOf, receive, type Taken } from './receive.js';
import { takeReceipt } from './receipts.js';
import { routeOf, type MessageRoute } from './routes.js';
import { performSend, type Floor } from './send.js';
import { cancelReceive, performReceive } from './wait.js';

/** What messages are made of. */
export type MessageParts = {
  readonly host: Host;
  readonly log: Log;
  readonly providers: readonly MessageProvider[];
  /** Empty: the first provider carries all. */
  readonly routes: readonly MessageRoute[];
  /** Messages that a sender may send in an hour; 0 is any number. */
  readonly most_an_hour: number;
  /** Whose numbers the carriers deliver to; undefined where nobody is there yet. */
  readonly customer: () => Promise<string | undefined>;
  /** Makes the ids of messages that no carrier names; random ones unless told. */
  readonly newId?: () => string;
};

/** A message that is played: somebody of this customer's sends it. `number` is what it is sent to, where no destination is given. */
export type MessageAsked = Partial<Runnable> & {
  readonly customer_id: string;
  readonly source?: AddressInput;
  readonly destination?: AddressInput;
  readonly number?: string;
  readonly text: string;
};

/** The doors of messages. */
export type MessageDoors = {
  /** A played message comes in. Unless it refuses, the receipt is written once, in the commit that stores the message. */
  readonly receive: (asked: MessageAsked, receipt?: Receipt) => Promise<Taken | Refusal>;
};

/** Messages of a node. */
export type Messages = {
  readonly driver: Driver;
  readonly doors: MessageDoors;
  readonly providers: readonly MessageProvider[];
  /** How each provider is. */
  readonly health: () => Readonly<Record<string, ProviderHealth>>;
  /** Begins to hear. */
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Makes the driver of messages; nothing is connected before `start`. Throws, in one sentence, where a route names a provider that is not there. */
export function createMessages(parts: MessageParts): Messages {
  const { host, providers, log } = parts;
  const room: Room = { host, newId: parts.newId ?? randomUUID };
  const missing = parts.routes.find(({ provider }) => !providers.some(({ name }) => name === provider));
  if (missing) throw new Error(`ACTIVEFLOW_MESSAGE_ROUTES names ${missing.provider}, which is not set up.`);
  const [first] = providers;
  const floor: Floor = {
    ...room,
    carriers: new Map(providers.map((provider) => [provider.name, { provider, gate: createGate(provider.window) }])),
    route: (destination, source) => (parts.routes.length > 0 ? routeOf(parts.routes, destination, source) : first?.name),
    caps: createCaps(room, parts.most_an_hour), under_way: new Set(),
  };
  const driver: Driver = {
    name: 'messages',
    kinds: ['message.send', 'message.receive'],
    perform: (effect, signal) => (effect.kind === 'message.send' ? performSend(floor, effect, signal) : performReceive(room, effect)),
    async cancel(effect) {
      // What has left cannot be called back.
      if (effect.kind === 'message.receive') await cancelReceive(room, effect);
    },
  };
  return {
    driver, providers, doors: { receive: (asked, receipt) => receivePlayed(room, asked, receipt) },
    health: () => Object.fromEntries(providers.map((provider) => [provider.name, provider.health()])),
    async start() {
      for (const provider of providers) await provider.start(earsOf(parts, room, provider.name));
      for (const { name } of providers) log.debug({ provider: name }, 'a provider of messages was started');
    },
    close: async () => { await Promise.all(providers.map((provider) => provider.close())); },
  };
}

function earsOf({ customer, log }: MessageParts, room: Room, provider: string): Ears {
  return {
    async onMessage({ provider_id, source, destination, text }) {
      const customer_id = await customer();
      const taken = customer_id === undefined ? undefined : await receive(room, { customer_id, source: addressOf(source), destination: addressOf(destination), text, provider, provider_id });
      if (taken && !('refused' in taken)) return taken.repeated ? 'repeated' : 'taken';
      log.warn({ provider, destination: destination.slice(0, 32) }, 'a message came for a number that nobody has');
      return 'unknown';
    },
    onReceipt: (receipt) => takeReceipt(room, provider, receipt),
  };
}

async function receivePlayed(room: Room, asked: MessageAsked, receipt?: Receipt): Promise<Taken | Refusal> {
  const { customer_id, source, destination, number, text, flow_id, actions } = asked as MessageAsked & { flow_id?: string; actions?: never };
  const runnable: Runnable | undefined = actions !== undefined ? { actions } : flow_id !== undefined ? { flow_id } : undefined;
  const received = { customer_id, source: address(source), destination: address(destination ?? { target: number ?? '' }), text, provider: PLAYED, provider_id: '' };
  const taken = await receive(room, { ...received, ...(runnable ? { runnable } : {}) }, receipt);
  return taken ?? { refused: 'INVALID_ARGUMENT', message: 'no such number' };
}
