// Deliveries: what was told to which webhook, how it went, and telling it again.
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useClient } from '../../app/session.js';
import { usePages } from '../../data/pages.js';
import { keys } from '../../data/query.js';
import { Button, IconButton } from '../../ui/button.js';
import { shortId } from '../../ui/copy.js';
import { More } from '../../ui/more.js';
import { Page } from '../../ui/page.js';
import { Empty, Failed, Loading } from '../../ui/states.js';
import { DeliveryTable } from './table.js';
import { Details } from './details.js';
import { pathOf, readFilters, STATUSES, type Filters } from './filters.js';
import './deliveries.css';

const PAGE_SIZE = 50;
/** The feed tells of no delivery, so the list is asked for again while it is looked at. */
const AGAIN_MS = 2_000;

/** The page. */
export function DeliveriesPage() {
  const client = useClient();
  const filters = readFilters(useSearch());
  const [, go] = useLocation();
  const [shown, setShown] = useState('');
  const { status, type, activeflow_id } = filters;
  const query = { ...(status === '' ? {} : { status }), ...(type === '' ? {} : { type }), ...(activeflow_id === '' ? {} : { activeflow_id }) };
  const { rows, error, refetch, more, fetching_more } = usePages(keys.deliveries(query), PAGE_SIZE, (signal) => client.webhookDeliveries.list({ ...query, page_size: PAGE_SIZE }, { signal }), AGAIN_MS);
  const set = (some: Partial<Filters>): void => { go(pathOf({ ...filters, ...some }), { replace: true }); };
  return (
    <Page title="Deliveries" about={<>What was told to webhooks, newest first. Where they go is in the <Link href="/settings">settings</Link>.</>}>
      <div className="filters" role="search" aria-label="Filter deliveries">
        <div className="segments" role="group" aria-label="Status">
          {STATUSES.map(([value, word]) => <button key={value} type="button" aria-pressed={status === value} onClick={() => { set({ status: value }); }}>{word}</button>)}
        </div>
        <EventType value={type} set={(next) => { set({ type: next }); }} />
        {activeflow_id !== '' && <span className="chip"><code>activeflow {shortId(activeflow_id)}</code><IconButton icon="cross" label="Of every activeflow" onClick={() => { set({ activeflow_id: '' }); }} /></span>}
      </div>
      {rows === undefined && (error ? <Failed error={error} retry={refetch} /> : <Loading />)}
      {rows?.length === 0 && (Object.keys(query).length > 0
        ? <Empty title="None match" icon="filter" action={<Button onClick={() => { go('/deliveries'); }}>Clear filters</Button>} />
        : <Empty title="Nothing has been delivered yet" icon="delivery" action={<Button onClick={() => { go('/settings'); }}>Set a webhook</Button>}>Once a webhook is set, every step that is sent there is listed here, with each try.</Empty>)}
      {rows !== undefined && rows.length > 0 && <DeliveryTable rows={rows} show={setShown} />}
      <More more={more} busy={fetching_more} />
      {shown !== '' && <Details id={shown} close={() => { setShown(''); }} />}
    </Page>
  );
}

const TYPES = ['activeflow_created', 'activeflow_updated', 'activeflow_deleted', 'call_created', 'call_ringing', 'call_progressing', 'call_hangup', 'message_created', 'message_updated', 'recording_started', 'recording_finished'] as const;

function EventType({ value, set }: { readonly value: string; readonly set: (type: string) => void }) {
  return (
    <select className="input filters__select" aria-label="Event" value={value} onChange={({ target }) => { set(target.value); }}>
      <option value="">Any event</option>
      {TYPES.map((type) => <option key={type} value={type}>{type}</option>)}
    </select>
  );
}
