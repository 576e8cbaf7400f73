// A leg comes in: what it runs, and its beginning.
import { NONE_ID, type Option } from '@activeflow/engine';
import { NEW_CALL } from '../call-document.js';
import type { Offer, RejectCause } from '../legs.js';
import { choose, startRunOf, type Runnable } from '../run.js';
import { legDocument, NEW_CARRIED, newCall } from './document.js';
import type { Floor, Line } from './line.js';

/** Takes a leg that was offered: the call, the mark of its leg and its run begin in one commit, and it rings. Or it is rejected. */
export async function takeOffer(floor: Floor, line: Line, offer: Offer): Promise<void> {
  const refused = await begin(floor, line, offer).catch((error: unknown): RejectCause => {
    floor.log.error({ err: error, call_id: line.id }, 'a call could not be taken');
    return 'unavailable';
  });
  if (refused === undefined) {
    // Its run may have answered it by now.
    if (line.answering === undefined && line.ending === undefined) await floor.legs.ring(line.id);
    return;
  }
  floor.lines.delete(line.id);
  await floor.legs.reject(line.id, refused);
}

async function begin(floor: Floor, line: Line, offer: Offer): Promise<RejectCause | undefined> {
  if (isFull(floor, offer.customer_id)) return 'overloaded';
  const { host, legs, newId } = floor;
  const what = await whatRuns(floor, offer);
  const activeflow_id = newId();
  const chosen = what && await choose(floor, offer.customer_id, what, `${activeflow_id}:0`);
  if (chosen === undefined || 'refused' in chosen) return 'not_found';
  const { run, lists } = chosen;
  const { source, destination, customer_id } = offer;
  const now = host.clock.now();
  const call = newCall(line.id, customer_id, now, {
    ...NEW_CALL, flow_id: run.flow_id, activeflow_id, source, destination, status: 'ringing', direction: 'incoming', tm_ringing: now,
    carrier: legs.name, carried: NEW_CARRIED,
  });
  line.who = source;
  line.leg = legDocument(floor, call, now);
  const born = await startRunOf(floor, { call, master_call_id: '' }, run, { documents: [call, line.leg], lists });
  return born === undefined ? 'unavailable' : undefined;
}

/** True where a customer has more calls up than it may; the one that asks is among them. */
export const isFull = ({ lines, settings }: Pick<Floor, 'lines' | 'settings'>, customer_id: string): boolean =>
  settings.max_calls > 0 && [...lines.values()].filter((line) => line.customer_id === customer_id).length > settings.max_calls;

/** What was dialled, without scheme, host and parameters. */
const dialledIn = (target: string): string => /^(?:sips?:|tel:)?([^@;]*)/i.exec(target)?.[1] ?? '';

/** What an offered leg runs: a flow asked for by id, the flow of a number, or an action that connects it to an extension or a number outside. */
async function whatRuns({ host, legs, newId }: Floor, { customer_id, destination, via, flow_id = '' }: Offer): Promise<Runnable | undefined> {
  if (flow_id !== '' && flow_id !== NONE_ID) return { flow_id };
  const dialled = dialledIn(destination.target);
  if (dialled === '') return undefined;
  for (const number of [dialled, dialled.startsWith('+') ? dialled.slice(1) : `+${dialled}`]) {
    const of_number = (await host.find('number', `${customer_id}/${number}`))?.data['call_flow_id'];
    if (typeof of_number === 'string' && of_number !== '' && of_number !== NONE_ID) return { flow_id: of_number };
  }
  // What comes from the public network reaches numbers, and nobody's phone past them.
  if (via.kind === 'trunk') return undefined;
  const connect = (type: string, target: string): Runnable => {
    const option: Option = { destinations: [{ type, target }], early_media: true, relay_reason: true };
    return { actions: [{ id: newId(), next_id: NONE_ID, type: 'connect', option }] };
  };
  if ((await host.find('extension', `${customer_id}/${dialled}`)) !== undefined) return connect('extension', dialled);
  if (via.kind !== 'extension' || !/^\+?\d{3,20}$/.test(dialled)) return undefined;
  const tel = { type: 'tel', target: dialled, target_name: '', name: '', detail: '' };
  return (await legs.reaches(customer_id, tel)) ? connect('tel', dialled) : undefined;
}
