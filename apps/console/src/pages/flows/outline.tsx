// The actions in their order, as a list: the way through a flow for keys, for small screens, and for whoever listens.
import { ActionIcon } from '../../graph/action-icon.js';
import { labelOf } from '../../graph/label.js';
import { Button, IconButton } from '../../ui/button.js';
import { Icon } from '../../ui/icons.js';
import { keyed, type DraftAction } from './draft.js';
import type { Found } from './use-validation.js';

type Props = {
  readonly actions: readonly DraftAction[]; readonly found: readonly Found[]; readonly disabled: boolean; readonly at: string | undefined;
  readonly select: (index: number) => void; readonly move: (from: number, to: number) => void; readonly add: (at: number) => void;
};

/** The list. */
export function Outline({ actions, found, disabled, at, select, move, add }: Props) {
  return (
    <div className="outline">
      <ol className="outline__list" aria-label="Actions in their order">
        {keyed(actions).map((action, index) => {
          const key = action.id;
          const { title, detail } = labelOf(action);
          const worst = worstOf(found, index);
          const place = `${index + 1}, ${title}`;
          return (
            <li key={key} className={`outline__row${key === at ? ' outline__row--at' : ''}`} data-action={key}>
              <button type="button" className="outline__open" onClick={() => { select(index); }}>
                <span className="only-read">{`${place}${detail === '' ? '' : `: ${detail}`}${worst ? `, ${worst.look}` : ''}`}</span>
                <span className="outline__number" aria-hidden="true">{index + 1}</span>
                <span className="outline__icon"><ActionIcon type={action.type} /></span>
                <span className="outline__text" aria-hidden="true"><span className="outline__title">{title}</span>{detail !== '' && <span className="soft cut">{detail}</span>}</span>
                {worst && <span className={`outline__mark outline__mark--${worst.look}`} title={worst.message}><Icon name={worst.look === 'error' ? 'failed' : 'warning'} size={14} /></span>}
              </button>
              <span className="outline__move">
                <IconButton icon="up" label={`Move ${place} up`} disabled={disabled || index === 0} onClick={() => { move(index, index - 1); }} />
                <IconButton icon="down" label={`Move ${place} down`} disabled={disabled || index === actions.length - 1} onClick={() => { move(index, index + 1); }} />
              </span>
            </li>
          );
        })}
      </ol>
      {actions.length === 0 && <p className="soft outline__none">There is no action yet. A flow without any is through at once.</p>}
      <Button icon="plus" disabled={disabled} onClick={() => { add(actions.length); }}>Add an action</Button>
    </div>
  );
}

/** The worst that was found in an action. */
export const worstOf = (found: readonly Found[], index: number): Found | undefined =>
  found.find((one) => one.index === index && one.look === 'error') ?? found.find((one) => one.index === index);
