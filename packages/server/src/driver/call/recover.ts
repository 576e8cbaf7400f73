// After a start: whatever an earlier process carried and nobody carries any more is ended as lost; what outlived it goes on.
import type { Instant } from '@activeflow/engine';
import { isOver } from '../call-document.js';
import type { Document } from '../../store/store.js';
import { readCall } from './document.js';
import { endLost } from './end.js';
import { newLine, type Floor } from './line.js';

/** Ends the calls whose legs are gone, and takes up the lines of those that are not. */
export async function recover(floor: Floor): Promise<void> {
  const { host, legs, log } = floor;
  const alive = new Set(await legs.alive());
  const seen = new Set<string>();
  let lost = 0;
  // Those of one instant may lie on two pages.
  for (let before: Instant | undefined; ;) {
    const marks = (await host.documentsOf('leg', legs.name, before)).filter(({ id }) => !seen.has(id));
    if (marks.length === 0) break;
    for (const leg of marks) {
      seen.add(leg.id);
      before = leg.tm_create + 1;
      if (!(await takeUpAgain(floor, leg, alive))) lost++;
    }
  }
  if (lost > 0) log.info({ calls: lost }, 'calls that were lost with an earlier process were ended');
}

/** Takes up the line of a leg that is up; false where there is none, or where its call has ended: then the rest of it is ended, too. */
async function takeUpAgain(floor: Floor, leg: Document, alive: ReadonlySet<string>): Promise<boolean> {
  const { legs, lines } = floor;
  if (lines.has(leg.id)) return true;
  const call = alive.has(leg.id) ? await readCall(floor, leg.id) : undefined;
  if (call === undefined || isOver(call)) {
    await endLost(floor, leg);
    if (alive.has(leg.id)) await legs.hangup(leg.id, 'normal');
    return false;
  }
  lines.set(leg.id, { ...newLine(leg.id, leg.customer_id, call.data.direction), up: call.data.status === 'progressing', leg, who: call.data.direction === 'incoming' ? call.data.source : call.data.destination });
  return true;
}
