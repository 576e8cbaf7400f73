// The shapes of what calls come by: extensions, trunks, queues.
import { Type } from 'typebox';
import { AddressAnswer } from './answers.js';
import { id, time, Times, words } from './schemas.js';

/** A phone that is registered. */
export const ContactAnswer = Type.Object({
  uri: Type.String({ description: 'where it says it is' }), transport: Type.String({ description: '`udp`, `tcp`, `tls`, `ws` or `wss`' }), address: Type.String({ description: 'where it registered from' }),
  user_agent: Type.String(), tm_expire: time('when the registration ends, unless it is renewed'),
}, { $id: 'Contact' });

/** An extension. */
export const ExtensionAnswer = Type.Object({
  id: id('the extension'), customer_id: id('whose it is'), name: Type.String(), detail: Type.String(), extension: Type.String({ description: 'its user name, and what others dial' }),
  password: Type.String({ description: 'shown once, where the server made it; `""` otherwise' }),
  domain_name: Type.String({ description: 'the SIP domain, and the realm of its digest' }), registered_contacts: Type.Array(ContactAnswer, { description: 'the phones that ring when it is called' }), ...Times,
}, { $id: 'Extension' });

/** A trunk; its password is never shown. */
export const TrunkAnswer = Type.Object({
  id: id('the trunk'), customer_id: id('whose it is'), name: Type.String(), detail: Type.String(),
  uri: Type.String({ description: 'where calls to it go; `""`: it only brings calls' }), username: Type.String(), allowed_addresses: Type.Array(Type.String()),
  register: Type.Boolean(), prefixes: Type.Array(Type.String()), ...Times,
}, { $id: 'Trunk' });

/** How a queue chooses among its agents. */
export const ROUTING = ['longest_idle'] as const;

/** A queue. */
export const QueueAnswer = Type.Object({
  id: id('the queue'), customer_id: id('whose it is'), name: Type.String(), detail: Type.String(), wait_flow_id: id('the flow that callers hear while they wait'),
  agents: Type.Array(AddressAnswer), routing: words(ROUTING, 'which agent is called: the one who has been idle for longest'),
  timeout_wait_ms: Type.Integer({ description: 'a caller waits no longer; 0: for as long as an activeflow may live' }),
  timeout_service_ms: Type.Integer({ description: 'a caller and an agent talk no longer; 0: no limit' }), ring_timeout_ms: Type.Integer({ description: 'an agent who has not answered by then is passed over' }), ...Times,
}, { $id: 'Queue' });
