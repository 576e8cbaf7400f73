// The phone of the page, the call as the server sees it, and what can be called.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Call } from '@activeflow/client';
import { NONE_ID } from '@activeflow/engine';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { useLive } from '../../data/live.js';
import { createPhone, type Phone, type PhoneView } from './phone.js';

/** The phone, and how it stands. Leaving the page hangs up. */
export function usePhone(): { readonly phone: Phone; readonly view: PhoneView } {
  const client = useClient();
  const phone = useMemo(() => createPhone(client), [client]);
  useEffect(() => {
    const leave = (): void => { phone.hangUp(true); };
    window.addEventListener('pagehide', leave);
    return () => { window.removeEventListener('pagehide', leave); phone.hangUp(); };
  }, [phone]);
  return { phone, view: useSyncExternalStore(phone.subscribe, phone.view) };
}

/** A call as the server sees it; undefined while nothing is known. */
export function useCall(call_id: string): Call | undefined {
  const client = useClient();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: keys.call(call_id), queryFn: ({ signal }) => client.calls.get(call_id, { signal }), enabled: call_id !== '' });
  useLive(useMemo(() => (call_id === '' ? [] : [`call:${call_id}`]), [call_id]), () => { void queries.invalidateQueries({ queryKey: keys.call(call_id) }); });
  return data;
}

/** Something that can be called: the value is what the address and the door take. */
export type Callable = { readonly value: string; readonly word: string };

/** How many numbers are offered at most. */
const MOST = 1_000;

/** The numbers that start a flow; undefined while nobody knows. */
export function useNumbers(): readonly Callable[] | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.numbers(), staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const found: Callable[] = [];
      for await (const { number, name, call_flow_id } of client.numbers.list({ page_size: 100 }, { signal })) {
        if (call_flow_id !== NONE_ID) found.push({ value: number, word: name === '' ? number : `${number} (${name})` });
        if (found.length >= MOST) break;
      }
      return found;
    },
  });
  return data;
}
