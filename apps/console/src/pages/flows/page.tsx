// Flows: what there is, how to find it, and how to make more.
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import type { Flow } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button, IconButton } from '../../ui/button.js';
import { shortId } from '../../ui/copy.js';
import { Icon } from '../../ui/icons.js';
import { Page } from '../../ui/page.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { When } from '../../ui/time.js';
import { tell, tellError } from '../../ui/toast.js';
import { DeleteFlow } from './delete-flow.js';
import { draftOf, inputOf } from './draft.js';
import { shortestName } from './names.js';
import { useNumbersOf } from './numbers.js';
import './flows.css';

const PAGE_SIZE = 50;

/** The page. The search stands in the address, so that a link shows the same. */
export function FlowsPage() {
  const [search, setSearch] = useSearchParams();
  const sought = search.get('q') ?? '';
  const list = useFlows(sought !== '');
  const flows = list.data?.pages.flatMap(({ result }) => result) ?? [];
  const shown = flows.filter(fits(useDeferredValue(sought)));
  return (
    <Page title="Flows" about="What a call, a message or a program can start. A change is a new revision; what runs keeps the one it began with." actions={<Link href="/flows/new" className="button button--primary"><Icon name="plus" />New flow</Link>}>
      {list.isPending ? <Loading what="Loading flows" /> : list.isError ? <Failed error={list.error} retry={() => { void list.refetch(); }} /> : flows.length === 0 ? <NoFlows /> : <>
        <div className="flows__tools">
          <div className="flows__search"><Icon name="search" /><input className="input" type="search" aria-label="Search flows" placeholder="Search by name, description, id or action" value={sought} onChange={({ target }) => { setSearch(target.value === '' ? {} : { q: target.value }, { replace: true }); }} /></div>
          <span className="soft" role="status">{counted(shown.length, flows.length, list.hasNextPage, sought)}</span>
        </div>
        {shown.length === 0 ? <Empty title="No flow fits" icon="search">Nothing has “{sought}” in its name, description, id or actions.</Empty> : <FlowTable flows={shown} />}
        {list.hasNextPage && <div className="flows__more"><Button busy={list.isFetchingNextPage} onClick={() => { void list.fetchNextPage(); }}>Show more</Button></div>}
      </>}
    </Page>
  );
}

/** The flows, newest first; all of them once somebody searches. */
function useFlows(all: boolean) {
  const client = useClient();
  const list = useInfiniteQuery({
    queryKey: keys.flows(), initialPageParam: '', refetchOnMount: 'always',
    queryFn: ({ pageParam, signal }) => client.flows.list({ page_size: PAGE_SIZE }, { signal }).page(pageParam === '' ? undefined : pageParam),
    // A full page may have a successor; a shorter one has none.
    getNextPageParam: ({ result, next_page_token }) => (result.length < PAGE_SIZE || next_page_token === '' ? undefined : next_page_token),
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => { if (all && hasNextPage && !isFetchingNextPage) void fetchNextPage(); }, [all, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return list;
}

function fits(sought: string): (flow: Flow) => boolean {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ id, name, detail, actions }) => {
    const text = [id, name, detail, ...new Set(actions.map(({ type }) => type))].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

const counted = (shown: number, all: number, more: boolean, sought: string): string =>
  (sought !== '' ? `${shown.toLocaleString()} of ${all.toLocaleString()}${more ? ' so far' : ''}` : `${all.toLocaleString()}${more ? '+' : ''} ${all === 1 ? 'flow' : 'flows'}`);

function NoFlows(): ReactNode {
  return (
    <Empty title="No flows yet" icon="flow" action={<Link href="/flows/new" className="button button--primary"><Icon name="plus" />New flow</Link>}>
      A flow is a list of actions: answer, speak, wait for a key, go elsewhere. Make one here, or register it with <code>POST /v1.0/flows</code>.
    </Empty>
  );
}

function FlowTable({ flows }: { readonly flows: readonly Flow[] }) {
  const numbers = useNumbersOf();
  const [deleting, setDeleting] = useState<Flow>();
  return (
    <div className="table-box">
      <table className="table flows__table">
        <thead><tr><th>Name</th><th className="number">Actions</th><th className="number">Revision</th><th>Updated</th><th>Started by</th><th><span className="only-read">What can be done</span></th></tr></thead>
        <tbody>
          {flows.map((flow) => <FlowRow key={flow.id} flow={flow} numbers={numbers?.get(flow.id) ?? []} remove={() => { setDeleting(flow); }} />)}
        </tbody>
      </table>
      {deleting && <DeleteFlow flow={deleting} numbers={numbers?.get(deleting.id) ?? []} close={() => { setDeleting(undefined); }} />}
    </div>
  );
}

function FlowRow({ flow, numbers, remove }: { readonly flow: Flow; readonly numbers: readonly string[]; readonly remove: () => void }) {
  const { id, name, detail, actions, revision, tm_create, tm_update } = flow;
  const duplicate = useDuplicate();
  const called = shortestName(flow);
  return (
    <tr>
      <td className="flows__name">
        <Link href={`/flows/${id}`} className="cut">{name === '' ? <>Without a name <code className="soft">{shortId(id)}</code></> : name}</Link>
        {detail !== '' && <div className="soft cut" title={detail}>{detail}</div>}
      </td>
      <td className="number">{actions.length.toLocaleString()}</td>
      <td className="number"><Link href={`/flows/${id}/revisions`}>{revision}</Link></td>
      <td><When time={tm_update.startsWith('9999') ? tm_create : tm_update} /></td>
      <td>{numbers.length === 0 ? <span className="soft">—</span> : <span title={numbers.join(', ')}>{numbers[0]}{numbers.length > 1 && ` and ${numbers.length - 1} more`}</span>}</td>
      <td className="flows__can">
        <Link href={`/flows/${id}?panel=try`} className="icon-button" aria-label={`Try ${called}`} title={`Try ${called}`}><Icon name="phone" /></Link>
        <IconButton icon="copy" label={`Duplicate ${called}`} disabled={duplicate.isPending} onClick={() => { duplicate.mutate(flow); }} />
        <IconButton icon="trash" label={`Delete ${called}`} onClick={remove} />
      </td>
    </tr>
  );
}

function useDuplicate() {
  const client = useClient();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (flow: Flow) => client.flows.create(inputOf({ ...draftOf(flow), name: `Copy of ${shortestName(flow)}` })),
    onSuccess: ({ id, name }) => {
      void queries.invalidateQueries({ queryKey: keys.flows() });
      tell(`“${name}” is there.`);
      navigate(`/flows/${id}`);
    },
    onError: tellError,
  });
}
