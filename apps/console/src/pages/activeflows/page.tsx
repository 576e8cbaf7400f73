// Activeflows: all there are, live.
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { useFlowNames } from '../../data/flow-names.js';
import { Button } from '../../ui/button.js';
import { Page } from '../../ui/page.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { FilterBar } from './filter-bar.js';
import { countOf, NO_FILTERS, pathOf, readFilters, type Filters } from './filters.js';
import { PAGE_SIZE, useRows } from './rows.js';
import { StopMany, type Which } from './stop-many.js';
import { ActiveflowTable } from './table.js';
import './activeflows.css';

const NOBODY: ReadonlySet<string> = new Set();

/** The page. */
export function ActiveflowsPage() {
  const filters = readFilters(useSearch());
  const [, go] = useLocation();
  const [selected, setSelected] = useState(NOBODY);
  const [stopping, setStopping] = useState<Which>();
  const { data, error, refetch, isPlaceholderData } = useRows(filters);
  const set = (some: Partial<Filters>): void => { setSelected(NOBODY); go(pathOf({ ...filters, page_token: '', ...some }), { replace: true }); };
  const select = (ids: readonly string[], on: boolean): void => {
    setSelected((before) => { const next = new Set(before); for (const id of ids) { if (on) next.add(id); else next.delete(id); } return next; });
  };
  // What has ended meanwhile can no longer be stopped.
  const running = data?.result.filter(({ id, status }) => status === 'running' && selected.has(id)).map(({ id }) => id) ?? [];
  return (
    <Page title="Activeflows">
      <FilterBar filters={filters} set={set} />
      {running.length > 0 && <SelectionBar count={running.length} stop={() => { setStopping({ ids: running }); }} stopAll={() => { setStopping({ filters }); }} clear={() => { setSelected(NOBODY); }} />}
      {data === undefined
        ? error ? <Failed error={error} retry={() => { void refetch(); }} /> : <Loading />
        : <Rows rows={data.result} filters={filters} next={data.next_page_token} old={isPlaceholderData} selected={new Set(running)} select={select} />}
      {stopping && <StopMany which={stopping} close={(stopped) => { setStopping(undefined); if (stopped) setSelected(NOBODY); }} />}
    </Page>
  );
}

function SelectionBar({ count, stop, stopAll, clear }: { readonly count: number; readonly stop: () => void; readonly stopAll: () => void; readonly clear: () => void }) {
  return (
    <div className="selection" role="region" aria-label="Selected activeflows">
      <span role="status"><strong>{count}</strong> selected</span>
      <Button look="danger" small icon="stopped" onClick={stop}>{`Stop ${count}…`}</Button>
      <Button small onClick={stopAll}>Stop all that match…</Button>
      <Button look="quiet" small onClick={clear}>Clear</Button>
    </div>
  );
}

type RowsProps = Omit<Parameters<typeof ActiveflowTable>[0], 'names'> & { readonly filters: Filters; readonly next: string; readonly old: boolean };

function Rows({ rows, filters, next, old, selected, select }: RowsProps) {
  const names = useFlowNames();
  const [, go] = useLocation();
  if (rows.length === 0) return <Nothing filters={filters} next={next} />;
  // A token is on every page that is not empty; but a search may be given up with few rows, and go on there.
  const older = next !== '' && (rows.length >= PAGE_SIZE || countOf(filters) > 0);
  return (
    <div className={old ? 'runs-box runs-box--old' : 'runs-box'} aria-busy={old}>
      <ActiveflowTable rows={rows} names={names} selected={selected} select={select} />
      <nav className="pager" aria-label="Pages of the list">
        <span className="soft">{filters.page_token === '' ? `The newest ${rows.length}` : `${rows.length} older ones`}</span>
        <Button small icon="left" disabled={filters.page_token === ''} onClick={() => { go(pathOf({ ...filters, page_token: '' })); }}>Newest</Button>
        <Button small icon="right" disabled={!older} onClick={() => { go(pathOf({ ...filters, page_token: next })); }}>Older</Button>
      </nav>
    </div>
  );
}

function Nothing({ filters, next }: { readonly filters: Filters; readonly next: string }) {
  const [, go] = useLocation();
  if (next !== '') return <Empty title="None found so far" icon="search" action={<Button onClick={() => { go(pathOf({ ...filters, page_token: next })); }}>Search further</Button>}>A search for what is rare is done in stretches.</Empty>;
  if (filters.page_token !== '') return <Empty title="That was all" icon="runs" action={<Button onClick={() => { go(pathOf({ ...filters, page_token: '' })); }}>Newest</Button>} />;
  if (countOf(filters) > 0) return <Empty title="None match" icon="filter" action={<Button onClick={() => { go(pathOf(NO_FILTERS)); }}>Clear filters</Button>}>Try fewer filters, or a longer time.</Empty>;
  return (
    <Empty title="Nothing has run yet" icon="runs" action={<Button look="primary" icon="flow" onClick={() => { go('/flows'); }}>Go to flows</Button>}>
      An activeflow is one run of a flow: of a call, a message or a request. Make a flow and press <em>Try it</em>, and watch it here.
    </Empty>
  );
}
