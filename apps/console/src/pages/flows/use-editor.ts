// The editor's state with what outlives a page: a draft that was not published waits in this tab.
import { useCallback, useEffect, useReducer, type Dispatch } from 'react';
import { useSession } from '../../app/session.js';
import { readDraft, type Draft } from './draft.js';
import { begin, edited, isChanged, type Editing, type EditorEvent } from './editing.js';

type Kept = { readonly draft: Draft; readonly revision: number };

/** The editor of a flow, or of a new one. `kept`: it goes on with a draft that was left unpublished. */
export function useEditor(id: string, base: Draft, revision: number): { readonly editing: Editing; readonly dispatch: Dispatch<EditorEvent>; readonly kept: boolean; readonly forget: () => void } {
  const { session } = useSession();
  const key = `activeflow.draft.${session?.me.customer_id ?? ''}.${id}`;
  const [{ editing, kept }, dispatch] = useReducer(
    (now: { readonly editing: Editing; readonly kept: boolean }, event: EditorEvent) => ({ editing: edited(now.editing, event), kept: now.kept && event.type !== 'open' && event.type !== 'published' }),
    undefined, () => {
      const found = readKept(key);
      // Begun at its own revision, so that publishing it notices what somebody else has published meanwhile.
      return found ? { editing: { ...begin(found.draft, found.revision, base), past: [base] }, kept: true } : { editing: begin(base, revision), kept: false };
    });
  useEffect(() => {
    if (isChanged(editing)) keep(key, { draft: editing.draft, revision: editing.revision });
    else sessionStorage.removeItem(key);
  }, [key, editing]);
  // At once: whoever forgets a draft may be gone before an effect could.
  const forget = useCallback(() => { sessionStorage.removeItem(key); }, [key]);
  return { editing, dispatch, kept, forget };
}

/** A tab keeps a few megabytes; a draft beyond that is not worth failing for. */
function keep(key: string, kept: Kept): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem(key);
  }
}

function readKept(key: string): Kept | undefined {
  try {
    const { draft, revision } = JSON.parse(sessionStorage.getItem(key) ?? 'null') as { draft: unknown; revision: unknown };
    const read = readDraft(draft);
    return 'message' in read || typeof revision !== 'number' ? undefined : { draft: read, revision };
  } catch {
    return undefined;
  }
}
