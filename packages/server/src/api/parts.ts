// What the API is made of.
import type { Limits } from '@activeflow/engine';
import type { Clock, VirtualClock } from '../clock.js';
import type { CallDoors, QueueDoors } from '../driver/doors.js';
import type { MessageDoors } from '../driver/message/message.js';
import type { MessageProvider } from '../driver/message/provider.js';
import type { Doors } from '../driver/simulator/simulator.js';
import type { WhipDoors } from '../driver/webrtc/whip.js';
import type { Log } from '../log.js';
import type { Committer } from '../runner/committer.js';
import type { Runner } from '../runner/runner.js';
import type { Store } from '../store/store.js';
import type { Hub } from './feed/hub.js';
import type { Bodies } from './delivery-body.js';
import type { Identities } from './identity.js';
import type { Tickets } from './tickets.js';

/** A phone that is registered, as the API shows it. */
export type Contact = { readonly uri: string; readonly transport: string; readonly address: string; readonly user_agent: string; readonly tm_expire: string };
/** Tells which phones are registered with an extension. */
export type Registrations = (customer_id: string, extension: string) => readonly Contact[];

/** Everything a handler may use. */
export type Parts = {
  readonly runner: Runner;
  readonly store: Store;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly identities: Identities & { forget(): void };
  readonly tickets: Tickets;
  readonly log: Log;
  readonly hub: Hub;
  /** What webhook deliveries say. */
  readonly bodies: Bodies;
  /** The phones that are registered with an extension of a customer. */
  readonly registrations: Registrations;
  /** To be called when a trunk was changed: what registers with them reads them anew. */
  readonly trunksChanged: () => void;
  /** Where the sound of recordings is. */
  readonly recordings_folder: string;
  /** The door of browsers; undefined where they cannot call. */
  readonly browsers: WhipDoors | undefined;
  /** The doors of calls, whoever carries them; undefined where nobody does. */
  readonly calls: CallDoors | undefined;
  readonly queues: QueueDoors;
  /** The carriers of messages that have doors of their own. */
  readonly carriers: readonly Pick<MessageProvider, 'name' | 'doors'>[];
  /** The doors of messages; undefined where nobody carries or plays any. */
  readonly messages: MessageDoors | undefined;
  /** The doors of the played callers; undefined where the simulator is off. */
  readonly simulator: Doors | undefined;
  /** The clock to move by hand; undefined in real time. */
  readonly virtual: VirtualClock | undefined;
};
