// Who is rung: the agents of a queue, those first who have been idle for longest. An agent is held by one caller at a time, whatever queue it is in.
import { deriveId, type Address, type Instant } from '@activeflow/engine';
import { newDocument } from '../call-document.js';
import type { Desk } from '../desk.js';
import type { Host } from '../driver.js';
import type { Document, DocumentWrite } from '../../store/store.js';
import { isOver, readQueuecall, type Queue } from './document.js';

/** What is known of an agent; of one who was never rung, nothing. */
type AgentData = {
  /** The call in a queue that has rung it or talks to it; `''` for none. */
  readonly held_by: string;
  readonly idle_since: Instant;
  /** Who did not answer is not rung again before this. */
  readonly paused_until: Instant;
};

/** How long an agent is left in peace who did not answer, or whom nothing reaches. */
const PAUSE_US = { answers_not: 15_000_000, reached_not: 30_000_000 } as const;

/** What an agent is known by, within a customer: the phone, not the name on it. */
export const agentKey = ({ type, target }: Pick<Address, 'type' | 'target'>): string =>
  `${type}/${(type === 'tel' ? target.replaceAll(/[^+\d]/g, '') : target.replace(/^sips?:/i, '')).toLowerCase()}`;

const agentId = (customer_id: string, agent: Address): string => deriveId(customer_id, `queueagent/${agentKey(agent)}`);

const FRESH: AgentData = { held_by: '', idle_since: 0, paused_until: 0 };
const dataOf = (document: Document | undefined): AgentData => ({ ...FRESH, ...(document?.data as Partial<AgentData> | undefined) });

/** Whom a caller gets who is so many places behind others; or when to look again, where somebody will be left in peace no longer. */
export type Choice = { readonly agent?: Address; readonly again_at?: Instant };

/** Chooses. Nobody is chosen while there are no more who are free than callers ahead. */
export async function choose(host: Host, desk: Desk, customer_id: string, queue: Queue, ahead: number): Promise<Choice> {
  const now = host.clock.now();
  const known = await Promise.all(queue.agents.map(async (agent) => ({ agent, data: dataOf(await host.document('queueagent', agentId(customer_id, agent))) })));
  const idle = known.toSorted((a, b) => a.data.idle_since - b.data.idle_since);
  let free = 0;
  for (const { agent, data } of idle) {
    if (data.paused_until > now || desk.isBusy(customer_id, agent) || (await isHeld(host, agent, data)) || !(await desk.reaches(customer_id, agent))) continue;
    if (free++ === ahead) return { agent };
  }
  const pauses = known.map(({ data }) => data.paused_until).filter((until) => until > now);
  return pauses.length === 0 ? {} : { again_at: Math.min(...pauses) };
}

/** A hold counts as long as whoever has it does hold it. */
async function isHeld(host: Host, agent: Address, { held_by }: AgentData): Promise<boolean> {
  const holder = held_by === '' ? undefined : await readQueuecall(host, held_by);
  return holder !== undefined && !isOver(holder) && holder.data.agent !== null && agentKey(holder.data.agent) === agentKey(agent);
}

/** Why an agent is let go: it has talked, it was not needed, it did not answer, or nothing reaches it. */
export type LetGo = 'talked' | 'not_needed' | 'answers_not' | 'reached_not';

/** An agent as it is once somebody has it; undefined where somebody has. Two who want the same one write the same version of it. */
export async function hold(host: Host, customer_id: string, agent: Address, queuecall_id: string): Promise<DocumentWrite | undefined> {
  const known = await host.document('queueagent', agentId(customer_id, agent));
  if (await isHeld(host, agent, dataOf(known))) return undefined;
  return next(host, customer_id, agent, known, { ...dataOf(known), held_by: queuecall_id });
}

/** An agent as it is once nobody has it. Whoever has talked, or did not answer, is last in the row. */
export async function letGo(host: Host, customer_id: string, agent: Address, why: LetGo): Promise<DocumentWrite> {
  const now = host.clock.now();
  const known = await host.document('queueagent', agentId(customer_id, agent));
  const data = dataOf(known);
  return next(host, customer_id, agent, known, {
    held_by: '', idle_since: why === 'not_needed' ? data.idle_since : now,
    paused_until: why === 'answers_not' || why === 'reached_not' ? now + PAUSE_US[why] : data.paused_until,
  });
}

function next({ clock }: Host, customer_id: string, agent: Address, known: Document | undefined, data: AgentData): DocumentWrite {
  const now = clock.now();
  return known ? { ...known, version: known.version + 1, tm_update: now, data } : newDocument('queueagent', { id: agentId(customer_id, agent), customer_id, parent: '' }, now, data);
}
