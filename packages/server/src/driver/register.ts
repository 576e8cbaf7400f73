// Which drivers there are. Each is a folder of its own; without its lines here it is gone.
import type { Desk } from './desk.js';
import type { CallDoors, QueueDoors } from './doors.js';
import type { Driver, Host } from './driver.js';
import type { Egress } from './http/egress.js';
import { createHttp } from './http/http.js';
import { createLocal } from './local/local.js';
import { createMessages, type MessageParts, type Messages } from './message/message.js';
import { createPlayed } from './message/played.js';
import { createQueues } from './queue/queue.js';
import type { Log } from '../log.js';
import { createRouter, type RouterParts } from './router.js';
import { createSimulator, type Doors } from './simulator/simulator.js';
import { createSmtp, type Smtp, type SmtpSettings } from './smtp/smtp.js';
import { createWebhook, type Outlet } from './webhook/webhook.js';

/** What decides on the drivers. */
export type DriverSettings = {
  /** The guarded client. */
  readonly egress: Egress;
  /** Calls that are carried for real; undefined where they are not. */
  readonly calls: (RouterParts['calls'] & { readonly desk: Desk }) | undefined;
  /** Whether calls and messages are played. What neither this nor `calls` performs fails with NO_DRIVER. */
  readonly simulator: boolean;
  /** What carries messages, beside what is played. */
  readonly messages: Omit<MessageParts, 'host'>;
  /** Where email is handed in; undefined: none leaves. */
  readonly smtp: SmtpSettings | undefined;
  /** What webhook deliveries say, and where they go. */
  readonly outlet: Outlet;
  readonly log: Log;
};

/** The drivers of a node, and what else came of them. */
export type Drivers = {
  readonly drivers: readonly Driver[];
  /** The doors of calls, whoever carries them; undefined where nobody does. */
  readonly calls: CallDoors | undefined;
  /** The doors of queues, for the same calls. */
  readonly queues: QueueDoors;
  /** The doors of the played callers; undefined where the simulator is off. */
  readonly doors: Doors | undefined;
  /** Messages; undefined where nobody carries or plays any. */
  readonly messages: Messages | undefined;
  /** Lets go of the connections to the mail server, where there is one. */
  readonly closeMail: Smtp['close'];
};

/** Makes the drivers of a node. */
export function createDrivers({ egress, simulator, calls, messages: carried, smtp, outlet, log }: DriverSettings, host: Host): Drivers {
  const played = simulator ? createSimulator(host) : undefined;
  const carrier = calls ? createRouter({ host, calls, simulator: played }) : played;
  const queues = createQueues({ host, log, desks: [...(calls ? [calls.desk] : []), ...(played ? [played.desk] : [])] });
  const providers = [...carried.providers, ...(simulator ? [createPlayed()] : [])];
  const messages = providers.length > 0 ? createMessages({ ...carried, host, providers }) : undefined;
  const mail = smtp && createSmtp({ host, fetch: egress.request, log, settings: smtp });
  const drivers = [
    createLocal(host), createHttp({ egress, clock: host.clock }), createWebhook({ ask: egress.request, clock: host.clock, outlet }),
    ...(carrier ? [carrier.driver, queues.driver] : []), ...(messages ? [messages.driver] : []),
    // Behind the simulator, which plays email where none leaves.
    ...(mail ? [mail.driver] : []),
  ];
  return { drivers, calls: carrier?.doors, doors: played?.doors, queues: queues.doors, messages, closeMail: mail?.close ?? (async () => undefined) };
}
