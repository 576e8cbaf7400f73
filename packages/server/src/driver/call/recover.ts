// After a start: whatever an earlier process carried and nobody carries any more is ended as lost; what outlived it goes on.
import { isOver } from '../call-document.js';
import { readCall } from './document.js';
import { endLost } from './end.js';
import { newLine, type Floor } from './line.js';

/** Ends the calls whose legs are gone, and takes up the lines of those that are not. */
export async function recover(floor: Floor): Promise<void> {
  const { host, legs, lines, log } = floor;
  const alive = new Set(await legs.alive());
  let lost = 0;
  for (;;) {
    const marks = (await host.documentsOf('leg', legs.name)).filter(({ id }) => !lines.has(id));
    if (marks.length === 0) break;
    for (const leg of marks) {
      const call = alive.has(leg.id) ? await readCall(floor, leg.id) : undefined;
      if (call === undefined || isOver(call)) {
        await endLost(floor, leg);
        lost++;
        if (alive.has(leg.id)) await legs.hangup(leg.id, 'normal');
        continue;
      }
      lines.set(leg.id, { ...newLine(leg.id, leg.customer_id, call.data.direction), up: call.data.status === 'progressing', leg });
    }
  }
  if (lost > 0) log.info({ calls: lost }, 'calls that were lost with an earlier process were ended');
}
