// What stands where nothing can be shown yet, at all, or because something went wrong.
import type { ReactNode } from 'react';
import { ActiveflowError } from '@activeflow/client';
import { Button } from './button.js';
import { Icon, type IconName } from './icons.js';

/** Something is on its way. It is shown only after a moment, so that what is quick does not flicker. */
export function Loading({ what = 'Loading' }: { readonly what?: string }) {
  return <div className="state state--late" role="status"><span className="spinner" aria-hidden="true" /><p>{what}…</p></div>;
}

/** There is nothing, and this is what one can do. */
export function Empty({ title, icon = 'idle', children, action }: { readonly title: string; readonly icon?: IconName; readonly children?: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="state">
      <span className="state__icon"><Icon name={icon} size={20} /></span>
      <h2>{title}</h2>
      {children !== undefined && <p className="soft">{children}</p>}
      {action}
    </div>
  );
}

/** Something went wrong: what the server said, and a way to try again. */
export function Failed({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  return (
    <div className="state" role="alert">
      <span className="state__icon state__icon--bad"><Icon name="warning" size={20} /></span>
      <h2>{titleOf(error)}</h2>
      <p className="soft">{sentenceOf(error)}</p>
      {retry && <Button icon="refresh" onClick={retry}>Try again</Button>}
    </div>
  );
}

/** What went wrong, in a sentence for people; with the request's id, which the log has too. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ActiveflowError)) return error instanceof Error ? error.message : 'Something unexpected was thrown.';
  const [detail] = error.details;
  const where = detail?.pointer !== undefined && !error.message.includes(detail.pointer) ? ` (${detail.pointer}: ${detail.message ?? ''})` : '';
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}${where}${error.request_id === '' ? '' : ` [${error.request_id}]`}`;
}

/** What is wrong with one field, as the server's details say it; undefined where they do not name it. */
export function faultAt(error: unknown, pointer: string): string | undefined {
  const message = error instanceof ActiveflowError ? error.details.find((detail) => detail.pointer === pointer)?.message : undefined;
  return message === undefined ? undefined : `It ${message}.`;
}

function titleOf(error: unknown): string {
  if (!(error instanceof ActiveflowError)) return 'The page failed';
  if (error.http_status === 0) return 'The server does not answer';
  return error.status === 'NOT_FOUND' ? 'It is not there' : 'That did not work';
}
