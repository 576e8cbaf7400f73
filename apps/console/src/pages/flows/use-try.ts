// A played call or message, followed while it runs.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ActiveflowError, type Call, type HistoryEntry } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { useLive } from '../../data/live.js';
import { tellError } from '../../ui/toast.js';
import type { Walk } from './canvas.js';
import { withUuids } from './edit.js';
import type { DraftAction } from './draft.js';
import { endOf, readOn, walkOf, type ReadPage } from './heard.js';

/** What is tried: a run, and how its ids lead back to the draft. `manual`: prompts last until they were spoken. */
export type Trial = { readonly kind: 'call' | 'message'; readonly activeflow_id: string; readonly call_id: string; readonly manual: boolean; readonly text: string; readonly drafted: ReadonlyMap<string, string> };

/** What to try. Without `flow_id` the actions run as they stand. */
export type Tried = { readonly flow_id: string | undefined; readonly actions: readonly DraftAction[]; readonly from: string };

/** What a try shows. */
export type Trying = {
  readonly trial: Trial | undefined; readonly starting: boolean; readonly no_simulator: boolean; readonly problem: unknown;
  readonly entries: readonly HistoryEntry[]; readonly call: Call | undefined; readonly walk: Walk | undefined; readonly over: boolean; readonly pressed: string;
  readonly startCall: (tried: Tried, manual: boolean) => void; readonly sendMessage: (tried: Tried, text: string) => void;
  readonly press: (digit: string) => void; readonly hangUp: () => void; readonly mediaDone: (action_id: string) => void;
};

const NOTHING: readonly ReadPage[] = [];

/** Starts and follows. One at a time; the newest replaces the one before. */
export function useTry(): Trying {
  const client = useClient();
  const [trial, setTrial] = useState<Trial>();
  const [starting, setStarting] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [pressed, setPressed] = useState('');
  const { entries, call, look } = useFollowed(trial);

  const start = useCallback((tried: Tried, begin: (what: { flow_id: string } | { actions: readonly DraftAction[] }) => Promise<Omit<Trial, 'drafted'>>): void => {
    const { actions, drafted } = withUuids(tried.actions);
    setStarting(true);
    setProblem(undefined);
    setPressed('');
    begin(tried.flow_id === undefined ? { actions } : { flow_id: tried.flow_id }).then(
      (made) => { setTrial({ ...made, drafted }); }, (error: unknown) => { setTrial(undefined); setProblem(error); },
    ).finally(() => { setStarting(false); });
  }, []);

  const startCall = useCallback((tried: Tried, manual: boolean): void => {
    start(tried, async (what) => {
      const { id, activeflow_id } = await client.simulator.call({ ...what, source: { target: tried.from }, auto_play: !manual });
      return { kind: 'call', activeflow_id, call_id: id, manual, text: '' };
    });
  }, [client, start]);
  const sendMessage = useCallback((tried: Tried, text: string): void => {
    start(tried, async (what) => {
      const { activeflow_id } = await client.simulator.message({ ...what, source: { target: tried.from }, text });
      return { kind: 'message', activeflow_id, call_id: '', manual: false, text };
    });
  }, [client, start]);

  // One after the other, so that digits arrive in the order in which they were pressed.
  const before = useRef<Promise<unknown>>(Promise.resolve());
  const call_id = trial?.call_id ?? '';
  const door = useCallback((open: () => Promise<unknown>): void => {
    before.current = before.current.then(open).catch((error: unknown) => {
      // Too late: the prompt, or the call, was over meanwhile.
      if (!(error instanceof ActiveflowError && error.reason === 'STATE_INVALID')) tellError(error);
    }).finally(look);
  }, [look]);
  const press = useCallback((digit: string): void => { setPressed((digits) => (digits + digit).slice(-20)); door(() => client.simulator.digits(call_id, digit)); }, [client, call_id, door]);
  const hangUp = useCallback((): void => { door(() => client.simulator.hangup(call_id)); }, [client, call_id, door]);
  const mediaDone = useCallback((action_id: string): void => { door(() => client.simulator.mediaDone(call_id, { action_id })); }, [client, call_id, door]);

  const walk = useMemo(() => (trial === undefined ? undefined : walkOf(entries, (id) => trial.drafted.get(id) ?? id)), [trial, entries]);
  const no_simulator = problem instanceof ActiveflowError && problem.reason === 'ROUTE_NOT_FOUND';
  return { trial, starting, no_simulator, problem, entries, call, walk, over: endOf(entries) !== undefined, pressed, startCall, sendMessage, press, hangUp, mediaDone };
}

/** The history of a trial and its call, read on whenever something has happened. */
function useFollowed(trial: Trial | undefined): { readonly entries: readonly HistoryEntry[]; readonly call: Call | undefined; readonly look: () => void } {
  const client = useClient();
  const queries = useQueryClient();
  const { activeflow_id = '', call_id = '' } = trial ?? {};
  const key = useMemo(() => ['trial', activeflow_id] as const, [activeflow_id]);
  const pages = useQuery({
    queryKey: key, enabled: trial !== undefined, staleTime: 0,
    queryFn: ({ signal }) => readOn(client, activeflow_id, queries.getQueryData<readonly ReadPage[]>(key) ?? NOTHING, signal),
  });
  const call = useQuery({ queryKey: ['trial', activeflow_id, 'call'], enabled: call_id !== '', staleTime: 0, queryFn: ({ signal }) => client.calls.get(call_id, { signal }) });
  const entries = useMemo(() => (pages.data ?? NOTHING).flatMap((page) => page.entries), [pages.data]);
  const over = endOf(entries) !== undefined;
  const look = useCallback(() => { void queries.invalidateQueries({ queryKey: key }); }, [queries, key]);
  useLive(trial === undefined ? [] : [`activeflow:${activeflow_id}`, ...(call_id === '' ? [] : [`call:${call_id}`])], () => {
    if (trial !== undefined && !(over && call.data?.status === 'hangup')) look();
  });
  return { entries, call: call.data, look };
}
