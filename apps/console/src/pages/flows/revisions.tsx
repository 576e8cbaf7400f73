// The revisions of a flow: what each of them changed, and the way back to one.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Flow } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button } from '../../ui/button.js';
import { Confirm } from '../../ui/dialog.js';
import { Icon } from '../../ui/icons.js';
import { Failed, Loading } from '../../ui/states.js';
import { When } from '../../ui/time.js';
import { tell, tellError } from '../../ui/toast.js';
import { Canvas } from './canvas.js';
import { difference } from './diff.js';
import { DifferenceView, Summary } from './difference-view.js';
import { draftOf, EMPTY_DRAFT, inputOf } from './draft.js';

const PAGE_SIZE = 30;

/** The list on one side, a chosen revision on the other. */
export function Revisions({ flow, chosen }: { readonly flow: Flow; readonly chosen: number | undefined }) {
  const client = useClient();
  const list = useInfiniteQuery({
    queryKey: keys.revisions(flow.id), initialPageParam: '', refetchOnMount: 'always',
    queryFn: ({ pageParam, signal }) => client.flows.revisions(flow.id, { page_size: PAGE_SIZE }, { signal }).page(pageParam === '' ? undefined : pageParam),
    getNextPageParam: ({ result, next_page_token }) => (result.length < PAGE_SIZE || next_page_token === '' ? undefined : next_page_token),
  });
  const revisions = list.data?.pages.flatMap(({ result }) => result) ?? [];
  const shown = chosen ?? revisions[0]?.revision;
  if (list.isPending) return <Loading what="Loading revisions" />;
  if (list.isError) return <Failed error={list.error} retry={() => { void list.refetch(); }} />;
  return (
    <div className="revisions">
      <nav className="revisions__list" aria-label="Revisions">
        {revisions.map((one, index) => <RevisionRow key={one.revision} one={one} before={revisions[index + 1]} path={`/flows/${flow.id}/revisions/${one.revision}`} newest={one.revision === flow.revision} chosen={one.revision === shown} />)}
        {list.hasNextPage && <Button small busy={list.isFetchingNextPage} onClick={() => { void list.fetchNextPage(); }}>Show older</Button>}
      </nav>
      {shown !== undefined && <Revision key={shown} flow={flow} revision={shown} />}
    </div>
  );
}

function RevisionRow({ one, before, path, newest, chosen }: { readonly one: Flow; readonly before: Flow | undefined; readonly path: string; readonly newest: boolean; readonly chosen: boolean }) {
  const changed = useMemo(() => (before ? difference(draftOf(before), draftOf(one)) : undefined), [before, one]);
  return (
    <Link href={path} className="revisions__row" aria-current={chosen ? 'true' : undefined}>
      <span className="revisions__title"><strong>Revision {one.revision}</strong>{newest && <span className="soft">newest</span>}<span className="soft revisions__when"><When time={one.tm_update.startsWith('9999') ? one.tm_create : one.tm_update} /></span></span>
      {changed ? <Summary difference={changed} /> : one.revision === 1 ? <span className="soft">the first</span> : null}
    </Link>
  );
}

function Revision({ flow, revision }: { readonly flow: Flow; readonly revision: number }) {
  const client = useClient();
  // What a revision holds never changes.
  const read = (n: number) => ({ queryKey: keys.revision(flow.id, n), queryFn: ({ signal }: { readonly signal: AbortSignal }) => client.flows.revision(flow.id, n, { signal }), staleTime: Infinity });
  const [against, setAgainst] = useState(revision - 1);
  const one = useQuery(read(revision));
  const other = useQuery({ ...read(against), enabled: against > 0 });
  const changed = useMemo(() => (one.data && (other.data ?? against === 0) ? difference(other.data ? draftOf(other.data) : EMPTY_DRAFT, draftOf(one.data)) : undefined), [one.data, other.data, against]);
  if (one.isError) return <Failed error={one.error} retry={() => { void one.refetch(); }} />;
  if (!one.data) return <Loading what="Loading the revision" />;
  const numbers = Array.from({ length: flow.revision }, (_, index) => flow.revision - index).filter((n) => n !== revision);
  return (
    <div className="revisions__one">
      <header className="revisions__head">
        <h2>Revision {revision}</h2>
        <label className="revisions__against">compared with
          <select className="input" value={against} onChange={({ target }) => { setAgainst(Number(target.value)); }}>
            {numbers.slice(0, 500).map((n) => <option key={n} value={n}>revision {n}{n === flow.revision ? ' (newest)' : n === revision - 1 ? ' (the one before)' : ''}</option>)}
            <option value={0}>nothing</option>
          </select>
        </label>
        {revision !== flow.revision && <Restore flow={flow} old={one.data} />}
      </header>
      {changed ? <DifferenceView difference={changed} /> : other.isError ? <Failed error={other.error} /> : <Loading />}
      <div className="revisions__graph"><Canvas actions={draftOf(one.data).actions} selected={undefined} found={[]} label={`Revision ${revision} as a graph`} select={() => undefined} /></div>
    </div>
  );
}

function Restore({ flow, old }: { readonly flow: Flow; readonly old: Flow }) {
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const restore = useMutation({
    mutationFn: () => client.flows.update(flow.id, inputOf(draftOf(old)), { if_match: flow.revision }),
    onSuccess: (now) => {
      setAsking(false);
      queries.setQueryData(keys.flow(flow.id), now);
      void queries.invalidateQueries({ queryKey: keys.revisions(flow.id) });
      tell(`Revision ${now.revision} is what revision ${old.revision} was.`);
    },
    onError: (error) => { setAsking(false); tellError(error); void queries.invalidateQueries({ queryKey: keys.flow(flow.id) }); },
  });
  return (
    <>
      <button type="button" className="button" onClick={() => { setAsking(true); }}><Icon name="undo" />Restore</button>
      {asking && <Confirm title={`Restore revision ${old.revision}?`} yes="Restore" busy={restore.isPending} act={() => { restore.mutate(); }} close={() => { setAsking(false); }}>
        <p>It is published once more, as revision {flow.revision + 1}. No revision is lost, and what runs goes on with the one it began with.</p>
      </Confirm>}
    </>
  );
}
