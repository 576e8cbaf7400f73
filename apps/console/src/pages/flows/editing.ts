// The state of the editor: one draft, shown as a graph, as forms and as JSON. The text may be broken for a while; the draft is then the last that was good.
import { readDraft, sameDraft, keyOf, type Draft, type DraftAction } from './draft.js';
import { lineOf, locate, placeOf, print, type Broken, type Range } from './json-text.js';

/** What the editor knows. */
export type Editing = {
  /** What was published last, and at which revision; 0 where nothing was. */
  readonly base: Draft;
  readonly revision: number;
  readonly draft: Draft;
  readonly text: string;
  /** Where each value stands in the text, by JSON pointer. */
  readonly places: ReadonlyMap<string, Range>;
  /** Why the text is not a draft now. */
  readonly broken: (Broken & { readonly line: number; readonly column: number }) | undefined;
  /** The index of the action that is looked at. */
  readonly selected: number | undefined;
  readonly past: readonly Draft[];
  readonly future: readonly Draft[];
  /** What changed it last: letters typed in a row are one step back. */
  readonly by: 'form' | 'text' | '';
};

/** What can be done in the editor. */
export type EditorEvent =
  | { readonly type: 'actions'; readonly actions: readonly DraftAction[]; readonly select?: number | undefined }
  | { readonly type: 'settings'; readonly settings: Partial<Omit<Draft, 'actions'>> }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'select'; readonly index: number | undefined }
  | { readonly type: 'undo' } | { readonly type: 'redo' } | { readonly type: 'mend' }
  | { readonly type: 'published'; readonly draft: Draft; readonly revision: number }
  | { readonly type: 'open'; readonly draft: Draft; readonly revision: number; readonly base?: Draft };

const MOST_STEPS = 200;

/** The editor as it opens. */
export function begin(draft: Draft, revision: number, base = draft): Editing {
  return { base, revision, selected: undefined, past: [], future: [], by: '', ...shown(draft) };
}

/** True where leaving would lose something. */
export const isChanged = ({ base, draft, broken }: Editing): boolean => broken !== undefined || !sameDraft(base, draft);

/** What an event makes of the editor. */
export function edited(now: Editing, event: EditorEvent): Editing {
  switch (event.type) {
    case 'actions': return now.broken ? now : { ...step(now, { ...now.draft, actions: event.actions }, 'form'), selected: 'select' in event ? event.select : follow(now, event.actions) };
    case 'settings': return now.broken ? now : step(now, { ...now.draft, ...event.settings }, 'form');
    case 'text': return typed(now, event.text);
    case 'select': return now.selected === event.index ? now : { ...now, selected: event.index };
    case 'undo': return back(now, now.past, 'past');
    case 'redo': return back(now, now.future, 'future');
    case 'mend': return { ...now, ...shown(now.draft), by: '' };
    case 'published': return { ...now, ...shown(event.draft), base: event.draft, revision: event.revision, by: '', selected: clamp(now.selected, event.draft) };
    case 'open': return begin(event.draft, event.revision, event.base);
    default: return event satisfies never;
  }
}

function shown(draft: Draft): Pick<Editing, 'draft' | 'text' | 'places' | 'broken'> {
  const text = print(textForm(draft));
  const located = locate(text);
  return { draft, text, places: 'places' in located ? located.places : new Map(), broken: undefined };
}

/** The draft as people read it: empty settings are left out, the name aside. */
function textForm({ name, detail, on_complete_flow_id, actions, ...rest }: Draft): object {
  return { name, ...(detail === '' ? {} : { detail }), ...(on_complete_flow_id === '' ? {} : { on_complete_flow_id }), actions, ...rest };
}

function step(now: Editing, draft: Draft, by: 'form' | 'text'): Editing {
  if (sameDraft(now.draft, draft)) return now;
  return { ...now, ...shown(draft), past: [...now.past, now.draft].slice(-MOST_STEPS), future: [], by };
}

function typed(now: Editing, text: string): Editing {
  if (text === now.text) return now;
  const located = locate(text);
  const broken = (problem: Broken): Editing => ({ ...now, text, places: 'places' in located ? located.places : new Map(), broken: { ...problem, ...lineOf(text, problem.from) } });
  if ('message' in located) return broken(located);
  const draft = readDraft(located.value);
  if ('message' in draft) return broken({ ...placeOf(located.places, draft.pointer), message: draft.message });
  const next = { ...now, text, places: located.places, broken: undefined };
  if (sameDraft(now.draft, draft)) return { ...next, draft };
  // One word typed is one step, not one for each letter of it.
  const past = now.by === 'text' ? now.past : [...now.past, now.draft].slice(-MOST_STEPS);
  return { ...next, draft, past, future: [], by: 'text', selected: follow(now, draft.actions) };
}

function back(now: Editing, from: readonly Draft[], which: 'past' | 'future'): Editing {
  const draft = from.at(-1);
  if (draft === undefined) return now;
  const [past, future] = which === 'past' ? [from.slice(0, -1), [...now.future, now.draft]] : [[...now.past, now.draft], from.slice(0, -1)];
  return { ...now, ...shown(draft), past, future, by: '', selected: follow(now, draft.actions) };
}

/** Where the action that is looked at stands now; where it is gone, what stands in its place. */
function follow({ selected, draft }: Editing, actions: readonly DraftAction[]): number | undefined {
  const action = selected === undefined ? undefined : draft.actions[selected];
  if (selected === undefined || action === undefined) return undefined;
  const key = keyOf(action, selected);
  const found = actions.findIndex((one, index) => keyOf(one, index) === key);
  return found >= 0 ? found : clamp(selected, { actions });
}

const clamp = (selected: number | undefined, { actions }: Pick<Draft, 'actions'>): number | undefined =>
  (selected === undefined || actions.length === 0 ? undefined : Math.min(selected, actions.length - 1));
