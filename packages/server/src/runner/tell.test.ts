// Who is told: looked up once, forgotten when it changes, and free for whoever has no webhook.
import { describe, expect, it } from 'vitest';
import { openMemory } from '../store/memory.js';
import { advanced, AT, CUSTOMER, inserted, sampleDocument, sampleState } from '../store/sample.js';
import type { Change, Document } from '../store/store.js';
import { createCommitter } from './committer.js';
import { createTeller } from './tell.js';

const customer = (version: number, data: Document['data']): Document => sampleDocument('customer', CUSTOMER, { version, data });
const HOOK = { webhook_uri: 'https://example.com/hook', webhook_method: 'POST' };
const RUN = '0bbbbbbb-0000-4000-8000-000000000001';

async function open(data: Document['data']) {
  const store = openMemory();
  const clock = { at: AT };
  let looks = 0;
  const counted = { document: (...asked: Parameters<typeof store.document>) => { looks++; return store.document(...asked); } };
  const teller = createTeller({ store: counted, clock: { now: () => clock.at } });
  const committer = createCommitter(store, (change) => { teller.committed(change); }, { tell: teller.tell });
  await committer.submit({ documents: [customer(1, data)] });
  const told = async () => (await store.queued({ customer_id: CUSTOMER, limit: 100 })).map(({ row }) => row).reverse();
  return { store, teller, committer, clock, told, looks: () => looks };
}

const born = (over = {}): Change => ({ activeflow: inserted(sampleState(RUN, over)) });

describe('the teller', () => {
  it('gives a change back as it is, at once, where nobody is to be told', async () => {
    const { teller, looks } = await open({ name: 'quiet' });
    const change = born();
    expect(await teller.tell(change)).toBe(change);
    expect(teller.tell(change)).toBe(change);
    const effects = { effects: [] };
    expect(teller.tell(effects)).toBe(effects);
    expect(looks()).toBe(1);
  });

  it('adds a delivery for each event, under a name that is always the same', async () => {
    const { committer, teller, told } = await open(HOOK);
    const write = advanced(sampleState(RUN), {}, {}, 2);
    await committer.submit(born());
    await committer.submit({ activeflow: write });
    const deliveries = await told();
    expect(deliveries.map(({ payload, due_at, queued }) => [payload['n'], payload['type'], due_at === null, queued?.queue])).toEqual([
      [0, 'activeflow_created', false, `customer ${RUN}`], [1, 'activeflow_updated', true, `customer ${RUN}`], [2, 'activeflow_updated', true, `customer ${RUN}`],
    ]);
    const again = await teller.tell({ activeflow: write });
    expect(again.queued?.map(({ id }) => id)).toEqual(deliveries.slice(1).map(({ id }) => id));
    expect(JSON.stringify(deliveries)).not.toContain('variables');
  });

  it('tells both the customer and the activeflow\'s own webhook, each in its own lane', async () => {
    const { committer, told } = await open(HOOK);
    await committer.submit(born({ configuration: { on_complete_flow_id: '', webhook_uri: 'http://other.example:81/x', webhook_method: 'PUT' } }));
    expect((await told()).map(({ payload, queued }) => [payload['to'], payload['webhook_method'], queued?.lane])).toEqual([
      ['customer', 'POST', `${CUSTOMER} customer`], ['activeflow', 'PUT', `${CUSTOMER} other.example:81`],
    ]);
  });

  it('tells nothing of a commit that was refused', async () => {
    const { committer, told } = await open(HOOK);
    await committer.submit(born());
    expect(await committer.submit(born())).toBe('conflict');
    expect(await told()).toHaveLength(1);
  });

  it('knows a change of the customer from the next commit on, and one by another process within five seconds', async () => {
    const { committer, store, clock, told, looks } = await open({});
    await committer.submit(born());
    await committer.submit({ documents: [customer(2, HOOK)] });
    const next = advanced(sampleState(RUN));
    await committer.submit({ activeflow: next });
    expect(await told()).toHaveLength(1);
    await store.commit([{ documents: [customer(3, { ...HOOK, tm_webhook_off: AT })] }]);
    const before = looks();
    const later = advanced(next.state);
    await committer.submit({ activeflow: later });
    expect([(await told()).length, looks()]).toEqual([2, before]);
    clock.at += 5_000_000;
    await committer.submit({ activeflow: advanced(later.state) });
    expect([(await told()).length, looks()]).toEqual([2, before + 1]);
  });

  it('adds what is told of a document, as it is then', async () => {
    const { committer, told } = await open(HOOK);
    const call = sampleDocument('call', '0ccccccc-0000-4000-8000-000000000001', { data: { status: 'ringing' } });
    await committer.submit({ documents: [{ ...call, told: 'call_created' }] });
    await committer.submit({ documents: [{ ...call, version: 2, data: { status: 'quiet' } }] });
    expect((await told()).map(({ payload }) => payload)).toEqual([{ ...HOOK, to: 'customer', type: 'call_created', document: call }]);
  });
});
