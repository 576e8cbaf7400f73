// The editor: the picture on one side; on the other, forms, the JSON, or a phone to try it with. All of them show one draft.
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button } from '../../ui/button.js';
import { Icon, type IconName } from '../../ui/icons.js';
import { Loading } from '../../ui/states.js';
import type { FormChoice } from '../../ui/schema-form.js';
import { labelOf } from '../../graph/label.js';
import { ActionForm } from './action-form.js';
import { Canvas } from './canvas.js';
import { keyed, keyOf, type Draft } from './draft.js';
import { addAction, changeAction, copyAction, moveAction, removeAction, renameId } from './edit.js';
import { isChanged, type Editing, type EditorEvent } from './editing.js';
import { placeOf, pointerAt, type Range } from './json-text.js';
import { shortestName } from './names.js';
import { Outline } from './outline.js';
import { Palette } from './palette.js';
import { Problems } from './problems.js';
import { SettingsForm } from './settings-form.js';
import { TryPanel } from './try-panel.js';
import { useTry } from './use-try.js';
import type { Found, Validation } from './use-validation.js';

const JsonEditor = lazy(async () => ({ default: (await import('./json-editor.js')).JsonEditor }));

const PANELS = { form: ['Form', 'edit'], json: ['JSON', 'api'], try: ['Try it', 'phone'] } as const satisfies Readonly<Record<string, readonly [string, IconName]>>;
type Panel = keyof typeof PANELS;

type Props = { readonly id: string | undefined; readonly editing: Editing; readonly dispatch: (event: EditorEvent) => void; readonly validation: Validation };

/** The workspace. `id` is undefined while the flow was never published. */
export function Editor({ id, editing, dispatch, validation }: Props) {
  const { draft, selected, broken } = editing;
  const [panel, setPanel] = usePanel();
  const [adding, setAdding] = useState<number>();
  const [focus, setFocus] = useState<{ readonly pointer: string }>();
  const [shown, setShown] = useState<Range>();
  const trying = useTry();
  const offers = useOffers(draft, id);
  const { actions } = draft;
  const select = useCallback((index: number | undefined): void => {
    dispatch({ type: 'select', index });
    if (index !== undefined) setShown(editing.places.get(`/actions/${index}`));
  }, [dispatch, editing.places]);
  const choose = useCallback((index: number): void => { select(index); if (panel === 'try') setPanel('form'); }, [select, panel, setPanel]);
  const go = ({ index, at, pointer }: Found): void => {
    dispatch({ type: 'select', index });
    if (panel === 'json') setShown({ ...placeOf(editing.places, pointer) });
    else { setPanel('form'); setFocus({ pointer: index === undefined ? pointer : at }); }
  };
  const insert = (type: string): void => {
    const at = adding ?? actions.length;
    setAdding(undefined);
    dispatch({ type: 'actions', actions: addAction(actions, at, type), select: at });
    setPanel('form');
    setFocus({ pointer: '/option' });
  };
  const errors = validation.found.filter(({ look }) => look === 'error').length;
  const changed = isChanged(editing);
  return (
    <div className={`editor editor--${panel}`}>
      <div className="editor__canvas">
        <Canvas actions={actions} selected={selected} found={validation.found} walk={panel === 'try' ? trying.walk : undefined} label="The flow as a graph" select={choose}>
          <div className="editor__add"><Button small icon="plus" disabled={broken !== undefined} onClick={() => { setAdding(selected === undefined ? actions.length : selected + 1); }}>Add an action</Button></div>
        </Canvas>
      </div>
      <div className="editor__side">
        <div className="segments" role="group" aria-label="What is shown beside the graph">
          {(Object.keys(PANELS) as Panel[]).map((one) => <button key={one} type="button" className="segments__one" aria-pressed={panel === one} onClick={() => { setPanel(one); }}><Icon name={PANELS[one][1]} size={14} />{PANELS[one][0]}</button>)}
        </div>
        <div className="editor__panel">
          {panel === 'json' ? <JsonPanel editing={editing} dispatch={dispatch} validation={validation} shown={shown} />
            : panel === 'try' ? <TryPanel trying={trying} tried={{ flow_id: changed ? undefined : id, actions }} errors={errors} broken={broken !== undefined} />
              : <FormPanel editing={editing} dispatch={dispatch} validation={validation} offers={offers} focus={focus} select={select} add={setAdding} />}
        </div>
        {panel !== 'try' && <Problems validation={validation} broken={broken} actions={actions} go={go} mend={() => { dispatch({ type: 'mend' }); }} toText={() => { setPanel('json'); if (broken) setShown({ from: broken.from, to: broken.to }); }} />}
      </div>
      {adding !== undefined && <Palette where={adding >= actions.length ? 'at the end' : adding === 0 ? 'at the beginning' : `after ${adding} · ${labelOf(actions[adding - 1] ?? { type: '' }).title}`} choose={insert} close={() => { setAdding(undefined); }} />}
    </div>
  );
}

/** Which side is shown stands in the address. */
function usePanel(): readonly [Panel, (panel: Panel) => void] {
  const [search, setSearch] = useSearchParams();
  const asked = search.get('panel') ?? 'form';
  return [Object.hasOwn(PANELS, asked) ? asked as Panel : 'form', useCallback((panel: Panel) => { setSearch(panel === 'form' ? {} : { panel }, { replace: true }); }, [setSearch])];
}

const MOST_FLOWS = 100;

/** What the forms can pick from: the actions of the draft, and the customer's other flows. */
function useOffers({ actions }: Draft, id: string | undefined): { readonly actions: readonly FormChoice[]; readonly flows: readonly FormChoice[] } {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.flowChoices(), staleTime: 60_000,
    queryFn: async ({ signal }) => (await client.flows.list({ page_size: MOST_FLOWS }, { signal }).page()).result.map((flow): FormChoice => ({ id: flow.id, label: shortestName(flow) })),
  });
  return useMemo(() => ({
    actions: keyed(actions).map((action, index): FormChoice => {
      const { title, detail } = labelOf(action);
      return { id: action.id, label: `${index + 1} · ${title}${detail === '' ? '' : ` ${detail.slice(0, 48)}`}` };
    }),
    flows: (data ?? []).map((flow) => (flow.id === id ? { ...flow, label: `${flow.label} (this flow)` } : flow)),
  }), [actions, data, id]);
}

type PanelProps = Pick<Props, 'editing' | 'dispatch' | 'validation'>;

function FormPanel({ editing: { draft, selected, broken }, dispatch, validation: { found }, offers, focus, select, add }: PanelProps & {
  readonly offers: ReturnType<typeof useOffers>; readonly focus: { readonly pointer: string } | undefined; readonly select: (index: number | undefined) => void; readonly add: (at: number) => void;
}) {
  const { actions } = draft;
  const disabled = broken !== undefined;
  const move = (from: number, to: number): void => { dispatch({ type: 'actions', actions: moveAction(actions, from, to) }); };
  if (selected === undefined) {
    return (
      <>
        <SettingsForm draft={draft} flows={offers.flows} found={found} disabled={disabled} change={(settings) => { dispatch({ type: 'settings', settings }); }} />
        <h2 className="editor__heading">Actions</h2>
        <Outline actions={actions} found={found} disabled={disabled} at={undefined} select={select} move={move} add={add} />
      </>
    );
  }
  const act = (what: 'up' | 'down' | 'copy' | 'remove' | 'add' | 'back'): void => {
    switch (what) {
      case 'up': return move(selected, selected - 1);
      case 'down': return move(selected, selected + 1);
      case 'copy': return dispatch({ type: 'actions', actions: copyAction(actions, selected), select: selected + 1 });
      case 'remove': return dispatch({ type: 'actions', actions: removeAction(actions, selected), select: undefined });
      case 'add': return add(selected + 1);
      case 'back': return select(undefined);
      default: return what satisfies never;
    }
  };
  return (
    <ActionForm
      actions={actions} index={selected} offers={offers} found={found} disabled={disabled} focus={focus} act={act}
      change={(change) => { dispatch({ type: 'actions', actions: changeAction(named(actions, change), selected, change) }); }}
      rename={(id) => { dispatch({ type: 'actions', actions: renameId(actions, selected, id), select: selected }); }}
    />
  );

  /** An action that is led to by its place gets an id, so that it can be named. */
  function named(all: typeof actions, change: object): typeof actions {
    const text = JSON.stringify(change);
    return all.reduce((list, action, index) => (action.id === undefined && text.includes(`"${keyOf(action, index)}"`) ? renameId(list, index, `action-${index + 1}`) : list), all);
  }
}

function JsonPanel({ editing, dispatch, validation, shown }: PanelProps & { readonly shown: Range | undefined }) {
  const { text, places, broken, draft } = editing;
  const problems = useMemo(() => (broken ? [{ from: broken.from, to: broken.to, look: 'error' as const, message: broken.message }]
    : validation.checked === draft ? validation.found.map(({ pointer, look, message }) => ({ ...placeOf(places, pointer), look, message })) : []), [broken, validation, places, draft]);
  const moved = (position: number): void => {
    const index = /^\/actions\/(\d+)/.exec(pointerAt(places, position))?.[1];
    if (!broken) dispatch({ type: 'select', index: index === undefined ? undefined : Number(index) });
  };
  return <Suspense fallback={<Loading what="Loading the editor" />}><JsonEditor text={text} typed={(next) => { dispatch({ type: 'text', text: next }); }} problems={problems} moved={moved} show={shown} /></Suspense>;
}
