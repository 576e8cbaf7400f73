// Queued effects: one queue in order, many lanes side by side, begun again, listed, taken away; and what is told of documents in the log.
import type { Suite } from './conformance.js';
import { AT, CUSTOMER, inserted, picture, sampleDocument, sampleEffect, sampleState } from './sample.js';
import type { EffectStatus, EffectWrite, QueuedEffect, QueuedQuery, StoredEffect } from './store.js';

const LATER = AT + 15_000_000;

/** A queued effect: `q1` is the first of queue `q`, in lane `lane`. */
const queuedEffect = (id: string, over: Partial<QueuedEffect> = {}): QueuedEffect =>
  ({ id, kind: 'webhook.deliver', customer_id: CUSTOMER, activeflow_id: 'a', queue: id.charAt(0), lane: 'lane', label: 'updated', payload: { of: id }, at: AT, ...over });

/** The tests of `queued`, `again`, `claimQueued`, `expireQueued` and `told`. */
export function queuedTests(suite: Suite): void {
  turns(suite);
  lanes(suite);
  reports(suite);
  apart(suite);
  beginsAgain(suite);
  lists(suite);
  expiry(suite);
  telling(suite);
}

const add = async ({ store }: Suite, ...effects: readonly QueuedEffect[]): Promise<unknown> => store().commit([{ queued: effects }]);

const claim = async ({ store }: Suite, now = AT, room: (lane: string) => number = () => 100, limit = 100): Promise<readonly StoredEffect[]> =>
  store().claimQueued({ now, until: LATER, limit, room });

const write = async ({ store }: Suite, id: string, over: Partial<EffectWrite> = {}): Promise<unknown> =>
  (await store().commit([{ effects: [{ id, status: 'done', due_at: null, at: AT + 7, ...over }] }]))[0];

const ids = (effects: readonly StoredEffect[]): string => effects.map(({ id }) => id).join(' ');

function turns(suite: Suite): void {
  const { it, expect, store } = suite;

  it('makes the first of each queue due, and the next when it is final', async () => {
    await add(suite, queuedEffect('p1'), queuedEffect('p2'), queuedEffect('q1'), queuedEffect('p3'));
    expect(ids(await claim(suite))).toBe('p1 q1');
    expect(await store().effect('p2')).toMatchObject({ status: 'pending', due_at: null });
    expect(ids(await claim(suite, LATER - 1))).toBe('');
    expect(await write(suite, 'p1', { status: 'pending', due_at: AT + 9, attempt: 1 })).toBe('ok');
    expect(ids(await claim(suite, AT + 9))).toBe('p1');
    for (const status of ['failed', 'dead', 'done'] as const) {
      const [one] = await claim(suite, AT + 10);
      await write(suite, one?.id ?? 'p1', { status });
    }
    expect(await Promise.all(['p1', 'p2', 'p3', 'q1'].map(async (id) => (await store().effect(id))?.status))).toEqual(['failed', 'dead', 'done', 'performing']);
  });

  it('has one wait that is added while another of its queue is not final, whatever that is doing', async () => {
    await add(suite, queuedEffect('q1'));
    const [one] = await claim(suite);
    await add(suite, queuedEffect('q2', { at: AT + 1 }));
    await write(suite, 'q1', { status: 'open', attempt: one?.attempt ?? 0 });
    await add(suite, queuedEffect('q3', { at: AT + 2 }));
    expect(ids(await claim(suite, AT + 5))).toBe('');
    await write(suite, 'q1');
    expect(ids(await claim(suite, AT + 6))).toBe('');
    expect(ids(await claim(suite, AT + 7))).toBe('q2');
    await write(suite, 'q2');
    await claim(suite, AT + 7);
    await write(suite, 'q3');
    await add(suite, queuedEffect('q4', { at: AT + 8 }));
    expect(await claim(suite, AT + 8)).toEqual([{
      id: 'q4', kind: 'webhook.deliver', customer_id: CUSTOMER, activeflow_id: 'a', step: 0, deadline: null, payload: { of: 'q4' }, status: 'performing', attempt: 1, due_at: LATER,
      result: null, error: '', tm_create: AT + 8, tm_update: AT + 8, queued: { queue: 'q', lane: 'lane', label: 'updated', tries: 0 },
    }]);
  });

  it('adds them with the rest of their commit, or not at all', async () => {
    const state = sampleState('a');
    const change = { activeflow: inserted(state), queued: [queuedEffect('q1'), queuedEffect('q2')] };
    expect(await store().commit([change, { ...change, queued: [queuedEffect('q3')] }])).toEqual(['ok', 'conflict']);
    expect(await store().effect('q3')).toBeUndefined();
    const before = await picture(store());
    expect(await store().commit([{ queued: [queuedEffect('q4'), queuedEffect('q1')] }, { queued: [queuedEffect('r1')] }])).toEqual([expect.any(Error), 'ok']);
    expect([await store().effect('q4'), (await store().effect('r1'))?.id]).toEqual([undefined, 'r1']);
    expect(await picture(store())).toMatchObject({ ...(before as object), counts: { effects_due: 2 } });
  });
}

function lanes(suite: Suite): void {
  const { it, expect, store } = suite;
  const of = (lane: string, at: number, ...names: readonly string[]) => names.map((id) => queuedEffect(id, { lane, queue: id, at }));

  it('takes from each lane as many as there is room for, the earliest due first, and from no full one', async () => {
    await add(suite, ...of('b', AT, 'b1', 'b2', 'b3'), ...of('a', AT + 1, 'a1', 'a2', 'a3'), ...of('c', AT + 2, 'c1'));
    const room = (lane: string): number => (lane === 'b' ? 2 : lane === 'a' ? 0 : 9);
    expect(ids(await claim(suite, AT + 5, room))).toBe('b1 b2 c1');
    expect(ids(await claim(suite, AT + 5, () => 0))).toBe('');
    expect(ids(await claim(suite, AT + 5, () => 1))).toBe('b3 a1');
    expect(ids(await claim(suite, AT + 5))).toBe('a2 a3');
  });

  it('says when the next is due where there is room', async () => {
    await add(suite, ...of('b', AT + 2, 'b1'), ...of('a', AT + 1, 'a1', 'a2'), ...of('c', AT + 3, 'c1'));
    const next = async (...full: readonly string[]) => store().nextDue((lane) => (full.includes(lane) ? 0 : 1));
    expect([await next(), await next('a'), await next('a', 'b'), await next('a', 'b', 'c'), await store().nextDue()]).toEqual([AT + 1, AT + 2, AT + 3, null, AT + 1]);
    await store().commit([{ activeflow: inserted(sampleState('a'), { due_at: AT + 9 }) }]);
    expect(await next('a', 'b', 'c')).toBe(AT + 9);
  });

  it('takes no more than asked for, from the lane that has waited longest', async () => {
    await add(suite, ...of('a', AT + 3, 'a1', 'a2'), ...of('b', AT + 1, 'b1', 'b2'), ...of('c', AT + 2, 'c1'));
    expect(ids(await claim(suite, AT + 5, () => 9, 0))).toBe('');
    expect(ids(await claim(suite, AT, () => 9, 9))).toBe('');
    expect(ids(await claim(suite, AT + 2, () => 9, 2))).toBe('b1 b2');
    expect(ids(await claim(suite, AT + 5, () => 1, 2))).toBe('c1 a1');
  });
}

function reports(suite: Suite): void {
  const { it, expect, store } = suite;

  it('counts tries, and a lease that ran out is none', async () => {
    await add(suite, queuedEffect('q1'));
    for (const again of [1, 2, 3]) expect(await store().claimQueued({ now: AT + again, until: AT + again, limit: 1, room: () => 1 })).toMatchObject([{ attempt: again, queued: { tries: 0 } }]);
    expect(await write(suite, 'q1', { status: 'performing', due_at: LATER, attempt: 3 })).toBe('ok');
    expect(await write(suite, 'q1', { status: 'pending', due_at: AT, attempt: 2, tried: true })).toBe('conflict');
    const result = { ok: false, reason: 'HTTP_500', message: 'no' } as const;
    expect(await write(suite, 'q1', { status: 'pending', due_at: AT, attempt: 3, tried: true, result, error: 'no\0' })).toBe('ok');
    expect(await store().effect('q1')).toMatchObject({ attempt: 3, result, queued: { tries: 1 } });
    expect((await store().effect('q1'))?.error).toMatch(/^no.$/su);
    await claim(suite, AT);
    await write(suite, 'q1', { tried: true, attempt: 4 });
    expect(await store().effect('q1')).toMatchObject({ status: 'done', due_at: null, tm_update: AT + 7, queued: { tries: 2 } });
  });

  it.each<EffectStatus>(['done', 'failed', 'dead'])('leaves %s as it is', async (status) => {
    await add(suite, queuedEffect('q1'));
    expect(await write(suite, 'q1', { status: 'performing', due_at: LATER })).toBe('conflict');
    await claim(suite);
    await write(suite, 'q1', { status });
    const before = await store().effect('q1');
    for (const next of ['pending', 'performing', 'open', 'done', 'canceled'] as const) expect(await write(suite, 'q1', { status: next, due_at: AT })).toBe('conflict');
    expect(await store().effect('q1')).toEqual(before);
    expect(await write(suite, 'unknown')).toBe('conflict');
  });

  it('takes up what a dead node left, and says when the next is due', async () => {
    await add(suite, queuedEffect('p1'), queuedEffect('p2'), queuedEffect('q1', { at: AT + 5 }));
    expect(await store().nextDue()).toBe(AT);
    await claim(suite);
    expect(await store().nextDue()).toBe(AT + 5);
    expect(await store().recover(AT + 1)).toBe(1);
    expect(ids(await claim(suite, AT + 1))).toBe('p1');
    expect(await store().counts()).toMatchObject({ effects_due: 2, effects_dead: 0 });
    await write(suite, 'p1', { status: 'dead' });
    expect(await store().counts()).toMatchObject({ effects_due: 2, effects_dead: 1 });
  });
}

function apart(suite: Suite): void {
  const { it, expect, store } = suite;

  it('keeps them apart from what the steps asked for', async () => {
    const state = sampleState('a');
    await store().commit([{ activeflow: inserted(state, { effects: [sampleEffect('a')], cancels: ['q1'] }), queued: [queuedEffect('q1')] }]);
    expect(ids(await store().effects('a'))).toBe('a:1:0');
    expect(ids(await store().claim({ now: LATER, until: LATER, limit: 9 }))).toBe('a:1:0');
    expect(ids(await claim(suite))).toBe('q1');
    expect(await store().effect('q1')).toMatchObject({ status: 'performing', activeflow_id: 'a' });
  });
}

function beginsAgain(suite: Suite): void {
  const { it, expect, store } = suite;
  const again = async (id: string, at = AT + 50): Promise<unknown> => (await store().commit([{ again: [{ id, at }] }]))[0];

  it.each<EffectStatus>(['done', 'failed', 'dead'])('begins one that is %s again from the first try on', async (status) => {
    await add(suite, queuedEffect('q1'));
    expect(await again('q1')).toBe('conflict');
    await claim(suite);
    expect([await again('q1'), await again('unknown')]).toEqual(['conflict', 'conflict']);
    await write(suite, 'q1', { status, tried: true });
    expect(await again('q1')).toBe('ok');
    expect(await store().effect('q1')).toMatchObject({ status: 'pending', attempt: 0, due_at: AT + 50, tm_create: AT, queued: { tries: 0 } });
    expect(await claim(suite, AT + 50)).toMatchObject([{ id: 'q1', attempt: 1 }]);
  });

  it('leaves nobody waiting for ever, whichever of a queue is begun again', async () => {
    await add(suite, ...['q1', 'q2', 'q3', 'q4', 'q5'].map((id) => queuedEffect(id)));
    const finish = async (...wanted: readonly string[]) => {
      expect(ids(await claim(suite, AT + 90))).toBe(wanted.join(' '));
      for (const id of wanted.toReversed()) expect(await write(suite, id)).toBe('ok');
    };
    await finish('q1');
    await finish('q2');
    await again('q2');
    await again('q1');
    await finish('q3', 'q1', 'q2');
    await finish('q4');
    await again('q3');
    await again('q4');
    await finish('q5', 'q3', 'q4');
    await add(suite, queuedEffect('q6'));
    await finish('q6');
    expect(await store().nextDue()).toBeNull();
  });
}

function lists(suite: Suite): void {
  const { it, expect, store } = suite;
  const names = async (query: Partial<QueuedQuery> = {}): Promise<string> =>
    (await store().queued({ customer_id: CUSTOMER, limit: 100, ...query })).map(({ row }) => row.id).join(' ');

  it('lists the newest first by every filter, of one customer', async () => {
    await add(suite, queuedEffect('a1', { at: AT + 1, label: 'created' }), queuedEffect('b1', { at: AT + 2, activeflow_id: 'b' }), queuedEffect('c1', { at: AT + 3, customer_id: 'other' }), queuedEffect('d1', { at: AT + 4 }));
    await claim(suite, AT + 4);
    await write(suite, 'a1', { status: 'dead' });
    await write(suite, 'b1');
    expect([await names(), await names({ customer_id: 'other' }), await names({ customer_id: 'none' })]).toEqual(['d1 b1 a1', 'c1', '']);
    expect([await names({ status: 'done' }), await names({ status: 'dead' }), await names({ label: 'updated' }), await names({ activeflow_id: 'a' })]).toEqual(['b1', 'a1', 'd1 b1', 'd1 a1']);
    expect([await names({ status: 'dead', label: 'updated' }), await names({ status: 'dead', label: 'created' })]).toEqual(['', 'a1']);
    expect([await names({ activeflow_id: 'a', status: 'performing' }), await names({ activeflow_id: 'a', label: 'created', status: 'dead' })]).toEqual(['d1', 'a1']);
    expect((await store().queued({ customer_id: CUSTOMER, limit: 1 }))[0]?.row).toEqual(await store().effect('d1'));
    expect(await names({ label: 'x\0' })).toBe('');
  });

  it.each<[string, Partial<QueuedQuery>]>([['no filter', {}], ['a status', { status: 'pending' }], ['an activeflow', { activeflow_id: 'a' }], ['both', { status: 'pending', label: 'updated' }]])(
    'walks by %s over ties while others arrive, skipping and repeating none', async (_, query) => {
      await add(suite, ...Array.from({ length: 30 }, (_, i) => queuedEffect(`old-${i}`, { at: AT + Math.floor(i / 10) })));
      const seen: string[] = [];
      let page = await store().queued({ customer_id: CUSTOMER, limit: 7, ...query });
      for (let turn = 0; page.length > 0; turn++) {
        seen.push(...page.map(({ row }) => row.id));
        const last = page.at(-1) as (typeof page)[0];
        await add(suite, queuedEffect(`new-${turn}`, { at: AT + 9 + turn }), queuedEffect(`tie-${turn}`, { at: last.row.tm_create }));
        page = await store().queued({ customer_id: CUSTOMER, limit: 7, ...query, before: { tm: last.row.tm_create, ordinal: last.ordinal } });
      }
      expect(seen.filter((id) => id.startsWith('old'))).toHaveLength(30);
      expect(new Set(seen).size).toBe(seen.length);
    });

  it('begins before an instant where only that is given', async () => {
    await add(suite, queuedEffect('a1', { at: AT }), queuedEffect('a2', { at: AT + 1 }), queuedEffect('a3', { at: AT + 1 }));
    expect(await names({ before: { tm: AT + 1 } })).toBe('a1');
  });
}

function expiry(suite: Suite): void {
  const { it, expect, store } = suite;

  it('takes away the oldest of one status, as many as asked for, and nothing that is not final', async () => {
    const names = ['a1', 'b1', 'c1', 'd1', 'e1', 'f1'];
    await add(suite, ...names.map((id) => queuedEffect(id, { queue: id })));
    await claim(suite);
    for (const [i, id] of ['a1', 'b1', 'c1', 'd1'].entries()) await write(suite, id, { status: id === 'b1' ? 'dead' : 'done', at: AT + 10 - i });
    expect(await store().expireQueued('done', AT + 7, 10)).toBe(0);
    expect(await store().expireQueued('performing', LATER, 10)).toBe(0);
    expect(await store().expireQueued('done', AT + 100, 2)).toBe(2);
    expect(await Promise.all(names.map(async (id) => (await store().effect(id))?.status))).toEqual(['done', 'dead', undefined, undefined, 'performing', 'performing']);
    expect([await store().expireQueued('dead', AT + 100, 2), await store().expireQueued('done', AT + 11, 2)]).toEqual([1, 1]);
    expect((await store().queued({ customer_id: CUSTOMER, limit: 9 })).map(({ row }) => row.id)).toEqual(['f1', 'e1']);
  });
}

function telling(suite: Suite): void {
  const { it, expect, store } = suite;

  it('appends what is told of a document to the log, in the order of the commits, and keeps the document without it', async () => {
    expect(await store().last()).toBe(0);
    const first = sampleDocument('call', 'c', { data: { status: 'ringing', odd: '\0\ud800' } });
    const second = { ...first, version: 2, customer_id: 'other', data: { status: 'hangup' } };
    const results = await store().commit([
      { activeflow: inserted(sampleState('a')), documents: [{ ...first, told: 'call_ringing' }, sampleDocument('call', 'quiet')] }, { documents: [{ ...first, told: 'stale' }] },
      { documents: [{ ...second, told: 'call_hangup' }] }, { activeflow: inserted(sampleState('b')) },
    ]);
    expect(results).toEqual(['ok', 'conflict', 'ok', 'ok']);
    expect(await store().document('call', 'c')).toEqual(second);
    const log = await store().feed(0, 10);
    expect(log.map((entry) => [entry.seq, entry.customer_id, entry.event ? entry.activeflow_id : entry.told])).toEqual([
      [1, CUSTOMER, 'a'], [2, CUSTOMER, { type: 'call_ringing', document: first }], [3, 'other', { type: 'call_hangup', document: second }], [4, CUSTOMER, 'b'],
    ]);
    expect([await store().feed(1, 2), await store().feed(2, 1)]).toEqual([log.slice(1, 3), log.slice(2, 3)]);
    expect(await store().last()).toBe(4);
  });
}
