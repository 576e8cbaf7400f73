// The interval of session timers (RFC 4028), as the two ends agree on it.
import { header, words } from './headers.js';
import type { HeaderList, SipMessage } from './types.js';
import type { Session, Ua } from './ua.js';

/** What a message says of the interval (§4); undefined where it says nothing that can be read. */
export function sessionExpires(message: SipMessage): { readonly interval_s: number; readonly refresher: 'uac' | 'uas' | undefined } | undefined {
  const match = /^(\d{1,9})\b(.*)$/s.exec(header(message, 'Session-Expires')?.trim() ?? '');
  if (match === null) return undefined;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(match[2] ?? '')?.[1]?.toLowerCase() as 'uac' | 'uas' | undefined;
  return { interval_s: Number(match[1]), refresher };
}

/** The shortest interval that a message asks for (§5), in seconds. */
export function minSe(message: SipMessage): number {
  return Number(/^\d{1,9}/.exec(header(message, 'Min-SE')?.trim() ?? '')?.[0] ?? 0);
}

/**
 * Agrees, as the one who is asked, on an interval (§9), and gives the headers of the 2xx. The other end refreshes where it can and did not ask
 * otherwise; where it knows no session timers, we do, since it has no way of its own to find out that we are gone.
 */
export function agreeInterval({ settings }: Ua, session: Session, request: SipMessage): HeaderList {
  const asked = sessionExpires(request);
  const peer = words(request, 'Supported').includes('timer') || words(request, 'Require').includes('timer');
  if (asked === undefined && !peer) {
    session.refresh.interval_s = 0;
    return [];
  }
  const interval_s = Math.max(asked?.interval_s ?? settings.session_expires_s, minSe(request), settings.min_se_s);
  const by_us = !peer || asked?.refresher === 'uas' || asked === undefined;
  session.refresh = { interval_s, min_se_s: Math.max(minSe(request), settings.min_se_s), by_us };
  return [['Session-Expires', `${interval_s};refresher=${by_us ? 'uas' : 'uac'}`], ...(peer ? [['Require', 'timer'] as const] : [])];
}

/** Takes over what the 2xx to a request of ours says (§7.2). */
export function takeInterval(session: Session, response: SipMessage): void {
  const told = sessionExpires(response);
  session.refresh = { ...session.refresh, interval_s: told?.interval_s ?? 0, by_us: told?.refresher !== 'uas' };
}

/** The headers by which a request of ours asks for session timers. */
export function askInterval({ refresh }: Session): HeaderList {
  if (refresh.interval_s <= 0) return [];
  return [['Session-Expires', String(refresh.interval_s)], ['Min-SE', String(refresh.min_se_s)]];
}

/** Takes over what a 422 wants (§7.3); false where it says nothing new. */
export function takeMinSe(session: Session, response: SipMessage): boolean {
  const least_s = minSe(response);
  if (least_s <= session.refresh.min_se_s || least_s > LONGEST_S) return false;
  session.refresh = { ...session.refresh, min_se_s: least_s, interval_s: Math.max(session.refresh.interval_s, least_s) };
  return true;
}

/** A day: whoever asks for more does not mean it. */
const LONGEST_S = 86_400;
