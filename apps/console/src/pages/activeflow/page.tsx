// One activeflow: its picture with the cursor on it, its timeline, its variables as they were at any step, and the buttons to take control.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { ActiveflowError, type Detail } from '@activeflow/client';
import type { PageProps } from '../../app/pages.js';
import { isRefused, useClient, useSession } from '../../app/session.js';
import { Icon } from '../../ui/icons.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { useFlowNames } from '../../data/flow-names.js';
import { labelOf } from '../../graph/label.js';
import { Ahead } from './ahead.js';
import { asksOf, forwardAsk, pushAsk, variableAsk } from './asks.js';
import { ConflictDialog, useControl, type Ask } from './control.js';
import { Controls } from './controls.js';
import { Details } from './details.js';
import { PushDialog, VariableDialog } from './dialogs.js';
import { GraphPanel, usePicture, type Chosen } from '../../run/graph-panel.js';
import { Header, useTitle } from './header.js';
import { NodeMenu } from './node-menu.js';
import { canForward, keyOfPlace } from '../../run/scene.js';
import { Scrubber } from './scrubber.js';
import { Tabs } from './tabs.js';
import { Timeline } from '../../run/timeline.js';
import { rowAt, stateBefore, type Track } from '../../run/track.js';
import { useRun, useShown, type Shown } from '../../run/use-run.js';
import type { Known, Run } from '../../run/run.js';
import { VariablesPanel } from './variables.js';
import './activeflow.css';

/** The page. */
export function ActiveflowPage({ params }: PageProps) {
  const id = params['id'] ?? '';
  return <Reading key={id} id={id} />;
}

function Reading({ id }: { readonly id: string }) {
  const { run, known } = useRun(id);
  const { signOut } = useSession();
  const { track, error, loaded } = known;
  useEffect(() => { if (isRefused(error)) signOut('The session has ended. Sign in again.'); }, [error, signOut]);
  if (error instanceof ActiveflowError && (error.status === 'NOT_FOUND' || error.reason === 'INVALID_ID')) {
    return <Empty title="There is no such activeflow" icon="runs" action={<Link href="/activeflows">All activeflows</Link>}>It may have been deleted, or the address is not quite right.</Empty>;
  }
  if (error !== undefined && track.events === 0) return <Failed error={error} retry={() => { void run.look(); }} />;
  return track.states.length === 0 || !loaded ? <Loading what="Loading the log" /> : <Watching id={id} run={run} known={known} />;
}

function Watching({ id, run, known }: { readonly id: string; readonly run: Run; readonly known: Known }) {
  const { track } = known;
  const shown = useShown(track.events);
  const picture = usePicture(known, shown.n, run);
  const now = track.states.at(-1);
  const state = track.states[shown.n];
  const { title, flow } = useTitle(track.states[0]);
  useEffect(() => { document.title = `${title} · activeflow`; }, [title]);
  const control = useControl(run);
  const client = useClient();
  const current = now?.current.action.id ?? '';
  const asks = useMemo(() => asksOf(client, id, current), [client, id, current]);
  const [pushing, setPushing] = useState<Track>();
  const [menu, setMenu] = useState<Chosen>();
  const choose = useCallback((chosen: Chosen) => { setMenu((open) => (open?.key === chosen.key ? undefined : chosen)); }, []);
  if (!now || !state) return <Loading />;
  const send = (ask: Ask, seen: Track = track): Promise<boolean> => control.send(ask, seen);
  return (
    <div className="run">
      <Header state={now} title={title} flow={flow}>
        {!known.gone && <Controls state={now} asks={asks} busy={control.busy} send={(ask) => { void send(ask); }} push={() => { setPushing(track); }} />}
      </Header>
      <Notices known={known} />
      <div className="run__body">
        <section className="run__graph" aria-label="Graph">
          <div className="run__picture"><GraphPanel picture={picture} title={title} selected={menu?.key} choose={choose} /></div>
          <Scrubber rows={track.rows} shown={shown} events={track.events} ended={now.status === 'ended'} />
        </section>
        <section className="run__side" aria-label="Steps and variables">
          <div className="run__timeline"><h2 className="run__title">Timeline <span className="soft">{track.rows.length.toLocaleString()}</span></h2><Timeline rows={track.rows} state={now} n={shown.n} live={!shown.held} hold={shown.hold} /></div>
          <Panels id={id} known={known} shown={shown} busy={control.busy} send={send} />
        </section>
      </div>
      {menu && <ChosenNode menu={menu} picture={picture} track={track} gone={known.gone} n={shown.n} hold={shown.hold} close={() => { setMenu(undefined); }} forward={(action_id, at_once) => { void send(forwardAsk(client, id, action_id, at_once)); }} />}
      {pushing && <Pushing id={id} seen={pushing} known={known} busy={control.busy !== ''} send={send} close={() => { setPushing(undefined); }} />}
      {control.conflict && <ConflictDialog conflict={control.conflict} track={track} busy={control.busy !== ''} send={send} close={control.forget} />}
    </div>
  );
}

function Notices({ known: { away, gone, track } }: { readonly known: Known }) {
  if (gone || track.states.at(-1)?.tm_delete != null) return <p className="run-notice run-notice--bad" role="alert"><Icon name="trash" />It has been deleted. This is what was known of it.</p>;
  if (away) return <p className="run-notice run-notice--wait" role="status"><Icon name="refresh" />Reconnecting… The server does not answer. This is what was known last.</p>;
  return null;
}

type Send = (ask: Ask, seen?: Track) => Promise<boolean>;

function Panels({ id, known, shown, busy, send }: { readonly id: string; readonly known: Known; readonly shown: Shown; readonly busy: string; readonly send: Send }) {
  const client = useClient();
  const { track, lists } = known;
  const [edited, setEdited] = useState<{ readonly name: string; readonly seen: Track }>();
  const state = track.states[shown.n];
  const now = track.states.at(-1);
  const row = track.rows[rowAt(track.rows, shown.n)];
  if (!state || !now || !row) return null;
  const before = stateBefore(track, shown.n);
  const changed = state !== before && before !== undefined ? Object.keys({ ...state.variables, ...before.variables }).filter((name) => state.variables[name] !== before.variables[name]).length : 0;
  const changes = now.status === 'running' && !known.gone && !shown.held;
  const edit = (name: string): void => { setEdited({ name, seen: track }); };
  const save = (name: string, value: string | null, seen: Track): void => { void send(variableAsk(client, id, name, value), seen).then(() => { setEdited(undefined); }); };
  return (
    <>
      <Tabs label="Of the step that is looked at" tabs={[
        { key: 'variables', word: 'Variables', note: changed === 0 ? '' : `${changed} changed`, body: <VariablesPanel before={before} state={state} edit={changes ? edit : undefined} remove={changes ? (name) => { save(name, null, track); } : undefined} /> },
        { key: 'step', word: 'Step', note: '', body: <Details id={id} row={row} state={state === now ? now : undefined} version={now.version} /> },
        { key: 'ahead', word: 'Ahead', note: '', body: <Ahead state={state} lists={lists} /> },
      ]} />
      {edited && <VariableDialog name={edited.name} value={edited.seen.states.at(-1)?.variables[edited.name] ?? ''} busy={busy !== ''} close={() => { setEdited(undefined); }} save={(name, value) => { save(name, value, edited.seen); }} />}
    </>
  );
}

type ChosenProps = {
  readonly menu: Chosen; readonly picture: ReturnType<typeof usePicture>; readonly track: Track; readonly gone: boolean; readonly n: number;
  readonly hold: (n: number) => void; readonly close: () => void; readonly forward: (action_id: string, at_once: boolean) => void;
};

function ChosenNode({ menu, picture: { placed, places, scene, setOpened }, track, gone, n, hold, close, forward }: ChosenProps) {
  const node = placed?.nodes.find(({ key }) => key === menu.key);
  const now = track.states.at(-1);
  if (!node || !now) return null;
  const action_id = gone ? undefined : canForward(now, places, menu.key);
  const visits = track.hops.filter((hop) => hop.n <= n && keyOfPlace(places, hop.to) === menu.key).map((hop) => hop.n);
  const marks = scene?.marks.get(menu.key);
  const unfold = (): void => { setOpened((opened) => new Set([...opened, ...[...places.values()].filter(({ path, parent, from }) => parent !== null && `${parent}/${from}` === menu.key && path !== '').map(({ path }) => path).slice(-6)])); };
  return (
    <NodeMenu
      chosen={menu} placed={node} marks={marks} visits={visits} see={hold} close={close} unfold={(marks?.folded ?? 0) > 0 ? unfold : undefined}
      forward={action_id === undefined ? undefined : (at_once) => { forward(action_id, at_once); }}
    />
  );
}

function Pushing({ id, seen, known, busy, send, close }: { readonly id: string; readonly seen: Track; readonly known: Known; readonly busy: boolean; readonly send: Send; readonly close: () => void }) {
  const client = useClient();
  const names = useFlowNames();
  const [problems, setProblems] = useState<readonly Detail[]>([]);
  const targets = useMemo(() => (seen.states.at(-1)?.frames ?? []).toReversed().flatMap(({ list_id }) => (known.lists.get(list_id) ?? []).map((action) => { const { title, detail } = labelOf(action); return { id: action.id, label: `${title} ${detail}`.trim() }; })), [seen, known.lists]);
  const flows = useMemo(() => [...names ?? []].map(([flow_id, label]) => ({ id: flow_id, label })), [names]);
  return (
    <PushDialog
      busy={busy} targets={targets} flows={flows} problems={problems} close={close}
      push={(how, type, option) => {
        setProblems([]);
        void send(pushAsk(client, id, how, { type, option }, setProblems), seen).then((done) => { if (done) close(); });
      }}
    />
  );
}
