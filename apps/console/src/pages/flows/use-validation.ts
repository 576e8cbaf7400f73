// What the server says of a draft, a moment after the last change.
import { useEffect, useMemo, useState } from 'react';
import type { Problem } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { inputOf, type Draft } from './draft.js';

/** A problem of the draft. `index` is the action that it is of; undefined for the flow itself. `at` is the JSON pointer within the action. */
export type Found = Problem & { readonly look: 'error' | 'warning'; readonly index: number | undefined; readonly at: string };

/** What is known: `found` belongs to the draft that was `checked` last, which may be older than the present one. */
export type Validation = { readonly found: readonly Found[]; readonly state: 'checking' | 'known' | 'unknown'; readonly checked: Draft | undefined };

const PAUSE_MS = 300;
const NOTHING: readonly Found[] = [];

/** Asks `POST /v1.0/flows/validate` about the draft. */
export function useValidation(draft: Draft): Validation {
  const client = useClient();
  const [known, setKnown] = useState<{ readonly draft: Draft; readonly found: readonly Found[]; readonly failed: boolean }>();
  useEffect(() => {
    const giving_up = new AbortController();
    const timer = setTimeout(() => {
      client.flows.validate(inputOf(draft), { signal: giving_up.signal }).then(
        ({ errors, warnings }) => { setKnown({ draft, found: [...errors.map(placed('error')), ...warnings.map(placed('warning'))], failed: false }); },
        () => { if (!giving_up.signal.aborted) setKnown((before) => ({ draft, found: before?.found ?? NOTHING, failed: true })); },
      );
    }, PAUSE_MS);
    return () => { clearTimeout(timer); giving_up.abort(); };
  }, [client, draft]);
  return useMemo(() => ({
    found: known?.found ?? NOTHING, checked: known?.draft, state: known === undefined || known.draft !== draft ? 'checking' : known.failed ? 'unknown' : 'known',
  }), [known, draft]);
}

const placed = (look: 'error' | 'warning') => (problem: Problem): Found => {
  const [, index, at] = /^\/actions\/(\d+)(.*)$/.exec(problem.pointer) ?? [];
  return { ...problem, look, index: index === undefined ? undefined : Number(index), at: at ?? problem.pointer };
};
