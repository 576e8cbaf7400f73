// The rows that are shown, and how events change them.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import type { Activeflow, Page } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import type { LiveEvent } from '../../data/hub.js';
import { useLive } from '../../data/live.js';
import { keys } from '../../data/query.js';
import { queryOf, type Filters } from './filters.js';

/** How many rows a page has. */
export const PAGE_SIZE = 50;
/** The list is asked for again at most this often, however much happens. */
const AGAIN_MS = 1_000;

/** One page of the list, kept up to date. */
export function useRows(filters: Filters) {
  const client = useClient();
  const queries = useQueryClient();
  const queryKey = keys.activeflows(filters);
  const query = useQuery({
    queryKey, placeholderData: keepPreviousData,
    // Events keep the list that is shown, and no other: one that comes back into sight may be of yesterday, however young it is.
    staleTime: 0,
    queryFn: ({ signal }) => client.activeflows.list({ ...queryOf(filters, Date.now()), page_size: PAGE_SIZE }, { signal }).page(filters.page_token || undefined),
  });
  const again = useAgain(() => { void queries.invalidateQueries({ queryKey }); });
  useLive(['activeflow'], (events) => {
    const page = queries.getQueryData<Page<Activeflow>>(queryKey);
    const changed = page && withEvents(page, events);
    if (changed && changed.page !== page) queries.setQueryData(queryKey, changed.page);
    // What is new, or may belong here no longer, only the server can say.
    if (events.length === 0 || !changed || (changed.unsure && filters.page_token === '')) again();
  });
  return query;
}

/** The page after events: rows that are on it as the events show them. `unsure` where the server has to say what belongs on it. */
export function withEvents(page: Page<Activeflow>, events: readonly LiveEvent[]): { readonly page: Page<Activeflow>; readonly unsure: boolean } {
  const at = new Map(page.result.map((row, index) => [row.id, index]));
  const rows = [...page.result];
  let [unsure, touched] = [false, false];
  for (const { type, data } of events) {
    const index = typeof data['id'] === 'string' ? at.get(data['id']) : undefined;
    const row = index === undefined ? undefined : rows[index];
    const next = data as unknown as Activeflow;
    if (index === undefined || row === undefined || type === 'activeflow_deleted') { unsure = true; continue; }
    if (typeof next.version !== 'number' || next.version <= row.version) continue;
    unsure ||= next.status !== row.status;
    rows[index] = next;
    touched = true;
  }
  return { page: touched ? { ...page, result: rows } : page, unsure };
}

/** A function that calls `act` now, and however often it is called, not again before a while; a call within it is made up for. */
function useAgain(act: () => void): () => void {
  const latest = useRef(act);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wanted = useRef(false);
  useEffect(() => { latest.current = act; });
  useEffect(() => () => { clearTimeout(timer.current); timer.current = undefined; }, []);
  return useCallback(() => {
    if (timer.current !== undefined) { wanted.current = true; return; }
    const rest = (): void => {
      timer.current = undefined;
      if (!wanted.current) return;
      wanted.current = false;
      latest.current();
      timer.current = setTimeout(rest, AGAIN_MS);
    };
    latest.current();
    timer.current = setTimeout(rest, AGAIN_MS);
  }, []);
}
