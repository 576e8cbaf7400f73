// What is to come at the event that is looked at: what it waits for, where the next move goes, and what stands after that.
import { useMemo } from 'react';
import { compileList, MissingList, pending, type State, type Action } from '@activeflow/engine';
import { ActionIcon } from '../../graph/action-icon.js';
import { labelOf } from '../../graph/label.js';
import { exactText } from '../../ui/time.js';
import { waitWords } from '../../data/words.js';

const MOST = 100;

/** The actions after the cursor by array order, in this frame and those around it; undefined while a list is on its way. */
export function aheadOf({ status, frames, position }: State, lists: ReadonlyMap<string, readonly Action[]>): readonly Action[] | undefined {
  if (status === 'ended') return [];
  const compiled = new Map<string, ReturnType<typeof compileList>>();
  for (const { list_id } of frames) {
    const actions = lists.get(list_id);
    if (!actions) return undefined;
    compiled.set(list_id, compileList(list_id, actions));
  }
  const at = (list_id: string) => {
    const found = compiled.get(list_id);
    if (!found) throw new MissingList(list_id);
    return found;
  };
  return pending(frames, at, position, MOST).flatMap(({ depth, index }) => at(frames[depth]?.list_id ?? '').actions[index] ?? []);
}

/** What is to come. */
export function Ahead({ state, lists }: { readonly state: State; readonly lists: ReadonlyMap<string, readonly Action[]> }) {
  const ahead = useMemo(() => aheadOf(state, lists), [state, lists]);
  const { wait, forward, frames } = state;
  if (state.status === 'ended') return <p className="soft run-ahead__none">It has ended: nothing is to come.</p>;
  return (
    <div className="run-ahead">
      <dl className="run-facts">
        <dt>Waits for</dt><dd>{wait === null ? 'nothing: it moves at once' : wait.result ? 'the resume: its result is kept' : `${waitWords({ kind: wait.kind })}, until ${exactText(wait.until / 1000)}`}</dd>
        {wait && wait.effect_id !== '' && <><dt>Of</dt><dd><code title={wait.effect_id}>{wait.kind}</code></dd></>}
        {wait && <><dt>Then</dt><dd>{wait.at_deadline === 'done' ? 'it goes on' : 'the action has failed by a timeout'}</dd></>}
        {forward && <><dt>Next move</dt><dd>to <code title={forward.action_id}>{forward.action_id.slice(0, 8)}</code>, set by somebody</dd></>}
        <dt>Depth</dt><dd>{frames.length} {frames.length === 1 ? 'frame' : 'frames'}</dd>
      </dl>
      <h4>After that, in order</h4>
      {ahead === undefined ? <p className="soft">Loading…</p> : ahead.length === 0 ? <p className="soft">The end.</p> : (
        <ol className="run-ahead__list">{ahead.map((action, i) => { const { title, detail } = labelOf(action); return <li key={`${i} ${action.id}`}><ActionIcon type={action.type} size={14} /><span className="cut"><strong>{title}</strong> <span className="soft">{detail}</span></span></li>; })}</ol>
      )}
    </div>
  );
}
