// One flow: its editor and its revisions; or a new one.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Flow } from '@activeflow/client';
import type { PageProps } from '../../app/pages.js';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button, IconButton } from '../../ui/button.js';
import { Copyable, shortId } from '../../ui/copy.js';
import { Icon } from '../../ui/icons.js';
import { Page } from '../../ui/page.js';
import { Failed, Loading } from '../../ui/states.js';
import { Badge } from '../../ui/status.js';
import { DeleteFlow } from './delete-flow.js';
import { draftOf, EMPTY_DRAFT, type Draft } from './draft.js';
import { Editor } from './editor.js';
import { isChanged } from './editing.js';
import { LeaveGuard } from './leave.js';
import { shortestName } from './names.js';
import { useNumbersOf } from './numbers.js';
import { Publish } from './publish.js';
import { Revisions } from './revisions.js';
import { summary } from './problems.js';
import { useEditor } from './use-editor.js';
import { useValidation } from './use-validation.js';
import './flows.css';
import './editor.css';
import './try.css';

/** How often it is looked whether somebody else has published. */
const LOOK_MS = 15_000;

/** The page. */
export function FlowPage({ params }: PageProps) {
  const { id = '', '*': rest = '' } = params;
  return id === 'new' ? <NewFlow /> : <KnownFlow key={id} id={id} rest={rest} />;
}

function NewFlow() {
  const [, navigate] = useLocation();
  return <EditorPage key="new" id="new" base={EMPTY_DRAFT} revision={0} flow={undefined} opened={({ id }) => { navigate(`/flows/${id}`, { replace: true }); }} />;
}

function KnownFlow({ id, rest }: { readonly id: string; readonly rest: string }) {
  const client = useClient();
  const { data: flow, isError, error, refetch } = useQuery({ queryKey: keys.flow(id), queryFn: ({ signal }) => client.flows.get(id, { signal }), refetchInterval: LOOK_MS, refetchOnMount: 'always' });
  if (isError && !flow) return <Page title="Flow"><Failed error={error} retry={() => { void refetch(); }} /></Page>;
  if (!flow) return <Page title="Flow"><Loading what="Loading the flow" /></Page>;
  const [part, number] = rest.split('/');
  if (part === 'revisions') {
    const chosen = Number(number);
    return (
      <Page title={shortestName(flow)} about={<Facts flow={flow} />} actions={<Tabs id={id} at="revisions" revision={flow.revision} />}>
        <Revisions flow={flow} chosen={Number.isInteger(chosen) && chosen > 0 ? chosen : undefined} />
      </Page>
    );
  }
  return <EditorPage id={id} base={draftOf(flow)} revision={flow.revision} flow={flow} opened={() => undefined} />;
}

function Facts({ flow: { id, revision } }: { readonly flow: Flow }) {
  return <span className="flow__facts"><span>Revision {revision}</span><Copyable text={id} label="the id of the flow">{shortId(id)}</Copyable></span>;
}

function Tabs({ id, at, revision }: { readonly id: string; readonly at: 'editor' | 'revisions'; readonly revision: number }) {
  return (
    <nav className="segments" aria-label="Parts of the flow">
      <Link href={`/flows/${id}`} className="segments__one" aria-current={at === 'editor' ? 'page' : undefined}><Icon name="flow" size={14} />Editor</Link>
      <Link href={`/flows/${id}/revisions`} className="segments__one" aria-current={at === 'revisions' ? 'page' : undefined}><Icon name="runs" size={14} />Revisions <span className="soft">{revision}</span></Link>
      <Link href={`/activeflows?flow_id=${id}`} className="segments__one"><Icon name="play" size={14} />Runs</Link>
      <Link href={`/call?to=${id}`} className="segments__one" title="Call this flow from the browser"><Icon name="phone" size={14} />Call this flow</Link>
    </nav>
  );
}

type EditorPageProps = { readonly id: string; readonly base: Draft; readonly revision: number; readonly flow: Flow | undefined; readonly opened: (flow: Flow) => void };

function EditorPage({ id, base, revision, flow, opened }: EditorPageProps) {
  const { editing, dispatch, kept, forget } = useEditor(id, base, revision);
  const validation = useValidation(editing.draft);
  const changed = isChanged(editing);
  const errors = validation.found.filter(({ look }) => look === 'error').length;
  useKeys(dispatch);
  // What somebody else has published is shown at once, where nothing of ours is in the way.
  const stale = flow !== undefined && revision > editing.revision;
  useEffect(() => { if (stale && !changed) dispatch({ type: 'open', draft: base, revision }); }, [stale, changed, base, revision, dispatch]);
  const stays = useCallback((path: string) => path === window.location.pathname, []);
  const discard = (): void => { forget(); dispatch({ type: 'open', draft: base, revision }); };
  const published = (now: Flow): void => { forget(); dispatch({ type: 'published', draft: draftOf(now), revision: now.revision }); opened(now); };
  return (
    <Page
      title={editing.draft.name.trim() === '' ? (flow ? shortestName(flow) : 'New flow') : editing.draft.name} about={flow && <Facts flow={flow} />}
      actions={<>
        {flow && <Tabs id={id} at="editor" revision={flow.revision} />}
        <span className="flow__state" role="status">{changed ? <Badge tone="wait" icon="edit">{flow ? 'Not published' : 'Never published'}</Badge> : <Badge tone="ok" icon="done">Published</Badge>}{errors > 0 && <Badge tone="bad" icon="failed">{summary(errors, 0)}</Badge>}</span>
        <IconButton icon="undo" label="Undo" disabled={editing.past.length === 0} onClick={() => { dispatch({ type: 'undo' }); }} />
        <IconButton icon="redo" label="Redo" disabled={editing.future.length === 0} onClick={() => { dispatch({ type: 'redo' }); }} />
        {flow && <Remove flow={flow} leave={discard} />}
        <Publish id={flow && id} editing={editing} errors={errors} published={published} takeTheirs={(theirs) => { dispatch({ type: 'open', draft: draftOf(theirs), revision: theirs.revision }); }} />
      </>}
    >
      {kept && <Notice action={<Button small onClick={discard}>Discard it</Button>}>This is the draft that you left here, begun with revision {editing.revision}.</Notice>}
      {stale && changed && <Notice action={<Link href={`/flows/${id}/revisions/${revision}`} className="button button--small">See what changed</Link>}>Somebody has published revision {revision} meanwhile; you began with {editing.revision}. Your draft is as you left it.</Notice>}
      <Editor id={flow && id} editing={editing} dispatch={dispatch} validation={validation} />
      <LeaveGuard changed={changed} stays={stays} discard={discard} />
    </Page>
  );
}

function Notice({ children, action }: { readonly children: ReactNode; readonly action: ReactNode }) {
  return <div className="notice" role="status"><Icon name="info" /><span>{children}</span>{action}</div>;
}

function Remove({ flow, leave }: { readonly flow: Flow; readonly leave: () => void }) {
  const numbers = useNumbersOf();
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  return (
    <>
      <IconButton icon="trash" label="Delete the flow" onClick={() => { setAsking(true); }} />
      {asking && <DeleteFlow flow={flow} numbers={numbers?.get(flow.id) ?? []} close={() => { setAsking(false); }} deleted={() => { leave(); navigate('/flows'); }} />}
    </>
  );
}

/** Undo and redo by keys, where no input has an undo of its own. */
function useKeys(dispatch: (event: { readonly type: 'undo' | 'redo' }) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || (event.target instanceof Element && event.target.closest('input, textarea, .cm-editor'))) return;
      event.preventDefault();
      dispatch({ type: event.shiftKey ? 'redo' : 'undo' });
    };
    document.addEventListener('keydown', press);
    return () => { document.removeEventListener('keydown', press); };
  }, [dispatch]);
}
