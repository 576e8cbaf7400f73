// What becomes of one target of a message: pure, so that a try, a receipt and a restart decide alike.
import type { Instant } from '@activeflow/engine';
import { lastAttempt, Permanent, retryDelay, type Retryable } from '../driver.js';
import type { Target, TargetStatus } from './document.js';
import type { ReceiptStatus, Submitted } from './provider.js';

/** True while it has still to be handed over. */
export const isOpen = ({ status }: Target): boolean => status === 'queued' || status === 'sending';

/** A target in another status. `detail` says why, in at most 200 characters. */
export const turned = (target: Target, status: TargetStatus, now: Instant, detail = ''): Target =>
  ({ ...target, status, detail: detail.slice(0, 200), tm_update: now, again_at: null });

/** Handed to a provider: to be committed before it is. */
export const begun = (target: Target, provider: string, now: Instant): Target => ({ ...turned(target, 'sending', now), provider, tries: target.tries + 1 });

/** Not now. */
export const later = (target: Target, again_at: Instant, now: Instant, detail: string): Target => ({ ...turned(target, 'queued', now, detail), again_at });

/** What a provider said of a submission, or how it failed. */
export type Outcome = Submitted | Retryable | Permanent;

/** A target after a submission. What a receipt has said meanwhile stands. */
export function submitted(target: Target, outcome: Outcome, at: { readonly now: Instant; readonly since: Instant; readonly reference: string }): Target {
  const { now } = at;
  if (!('outcome' in outcome)) return failedBy(target, outcome, at);
  const taken = { ...target, provider_ids: outcome.provider_ids, parts: outcome.parts };
  if (outcome.outcome === 'partial') return failedBy(taken, outcome.error, at);
  if (target.status !== 'sending' && target.status !== 'uncertain') return target.provider_ids.length > 0 ? target : { ...target, provider_ids: taken.provider_ids, parts: taken.parts };
  switch (outcome.outcome) {
    case 'sent': return turned(taken, taken.arrived.length >= taken.parts ? 'delivered' : 'sent', now);
    case 'delivered': return turned(taken, 'delivered', now);
    case 'uncertain': return turned(taken, 'uncertain', now, `UNCERTAIN: ${outcome.detail}`);
    default: return outcome satisfies never;
  }
}

/** Tried again, by the rules of all effects, unless it is for good or was tried often enough. */
function failedBy(target: Target, error: Retryable | Permanent, { now, since, reference }: { readonly now: Instant; readonly since: Instant; readonly reference: string }): Target {
  if (target.status !== 'sending' && target.status !== 'uncertain') return target;
  if (error instanceof Permanent) return turned(target, 'failed', now, `${error.reason}: ${error.message}`);
  const reason = error.reason || 'RETRIES_EXHAUSTED';
  if (target.tries >= lastAttempt) return turned(target, 'failed', now, `${reason}: ${error.message}`);
  const delay_ms = retryDelay(target.tries, (now - since) / 1000, error.retry_after_ms, reference);
  return later(target, now + delay_ms * 1000, now, error.message);
}

/** What a carrier told of a target, or of one part of it: the same object where that changes nothing. Its last word stands. */
export function told(target: Target, { provider_id, status, detail }: { readonly provider_id: string; readonly status: ReceiptStatus; readonly detail: string }, now: Instant): Target {
  const { arrived: before } = target;
  const arrived = status !== 'delivered' || provider_id === '' || before.includes(provider_id) ? before : [...before, provider_id];
  // Of the first parts of a message whose last ones have not gone out yet.
  if (isOpen(target) && target.provider_ids.length > 0) return arrived === before ? target : { ...target, arrived, tm_update: now };
  if (!['sending', 'sent', 'uncertain'].includes(target.status)) return target;
  if (status === 'sent') return target.status === 'sent' ? target : turned(target, 'sent', now);
  if (status !== 'delivered') return turned(target, status, now, detail);
  if (provider_id === '' || arrived.length >= target.parts) return { ...turned(target, 'delivered', now, detail), arrived };
  return arrived === before ? target : { ...target, arrived, tm_update: now };
}
