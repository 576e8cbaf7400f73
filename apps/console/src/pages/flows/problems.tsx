// What is wrong with the draft: where, why, and a way there.
import { Icon } from '../../ui/icons.js';
import { labelOf } from '../../graph/label.js';
import { titleOf } from '../../ui/schema-form-model.js';
import type { DraftAction } from './draft.js';
import type { Editing } from './editing.js';
import type { Found, Validation } from './use-validation.js';

type Props = { readonly validation: Validation; readonly broken: Editing['broken']; readonly actions: readonly DraftAction[]; readonly go: (found: Found) => void; readonly toText: () => void; readonly mend: () => void };

const MOST_SHOWN = 100;

/** The list; one sentence where there is nothing wrong. */
export function Problems({ validation: { found, state }, broken, actions, go, toText, mend }: Props) {
  const errors = found.filter(({ look }) => look === 'error').length;
  return (
    <section className="problems" aria-label="Problems">
      {broken && (
        <div className="problems__broken" role="alert">
          <Icon name="failed" />
          <span>The JSON is broken at line {broken.line}, column {broken.column}: {broken.message}. The graph shows the last that was good.</span>
          <button type="button" className="link" onClick={toText}>Go there</button>
          <button type="button" className="link" onClick={mend}>Put the good one back</button>
        </div>
      )}
      <p className="problems__sum" role="status">
        {state === 'unknown' ? <><Icon name="warning" />The server could not be asked.</>
          : state === 'checking' && found.length === 0 ? <><Icon name="idle" />Checking…</>
            : found.length === 0 ? <span className="problems__good"><Icon name="done" />No problems</span>
              : <span className={errors > 0 ? 'problems__bad' : 'problems__warn'}><Icon name={errors > 0 ? 'failed' : 'warning'} />{summary(errors, found.length - errors)}</span>}
      </p>
      {found.length > 0 && (
        <ul className="problems__list" tabIndex={0} aria-label={summary(errors, found.length - errors)}>
          {found.slice(0, MOST_SHOWN).map((one) => (
            <li key={one.pointer + one.message}>
              <button type="button" className={`problems__one problems__one--${one.look}`} onClick={() => { go(one); }}>
                <Icon name={one.look === 'error' ? 'failed' : 'warning'} size={14} />
                <span><strong>{placeOf(one, actions)}</strong> {one.message}</span>
              </button>
            </li>
          ))}
          {found.length > MOST_SHOWN && <li className="soft">and {found.length - MOST_SHOWN} more</li>}
        </ul>
      )}
    </section>
  );
}

/** `1 error, 2 warnings`. */
export const summary = (errors: number, warnings: number): string =>
  [errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'}` : '', warnings > 0 ? `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''].filter(Boolean).join(', ');

function placeOf({ index, at, pointer }: Found, actions: readonly DraftAction[]): string {
  const action = index === undefined ? undefined : actions[index];
  if (index === undefined || action === undefined) return pointer === '' ? 'The flow' : pointer.slice(1);
  const [name, ...deeper] = at.replace(/^\/option/, '').split('/').slice(1);
  const field = name === undefined ? '' : `, ${titleOf(name).toLowerCase()}${deeper.length > 0 ? ` ${deeper.join(' ')}` : ''}`;
  return `${index + 1} · ${labelOf(action).title}${field}:`;
}
