// Effects: claimed once, in order, leased, fenced by the attempt, canceled; and what is due.
import type { Instant } from '@activeflow/engine';
import type { Suite } from './conformance.js';
import { advanced, AT, inserted, sampleEffect, sampleState } from './sample.js';
import type { EffectStatus, EffectWrite, StoredEffect } from './store.js';

const LATER = AT + 15_000_000;

/** The tests of `claim`, `recover`, `effects`, `effect`, `due`, `nextDue` and `counts`. */
export function effectTests(suite: Suite): void {
  claims(suite);
  fencing(suite);
  cancels(suite);
  recovery(suite);
  dues(suite);
}

/** What every test begins with: an activeflow with this many effects, due at `AT`. */
async function withEffects({ store }: Suite, count: number, id = 'a', at: Instant = AT): Promise<void> {
  const state = sampleState(id, { tm_create: at });
  await store().commit([{ activeflow: inserted(state, { effects: Array.from({ length: count }, (_, i) => sampleEffect(id, i)) }) }]);
}

const write = async ({ store }: Suite, over: Partial<EffectWrite>): Promise<unknown> =>
  (await store().commit([{ effects: [{ id: 'a:1:0', status: 'done', due_at: null, at: AT + 1, ...over }] }]))[0];

const claim = async ({ store }: Suite, now: Instant, until = LATER, limit = 100): Promise<readonly StoredEffect[]> => store().claim({ now, until, limit });

const ids = (effects: readonly StoredEffect[]): string[] => effects.map(({ id }) => id);

function claims(suite: Suite): void {
  const { it, expect, store } = suite;

  it('leases what is due, oldest first, ties as they were written, at most as many as asked for', async () => {
    await withEffects(suite, 1, 'late', AT + 10);
    await withEffects(suite, 3, 'b');
    await withEffects(suite, 1, 'early', AT - 10);
    expect(ids(await claim(suite, AT - 11))).toEqual([]);
    expect(ids(await claim(suite, AT + 20, LATER, 3))).toEqual(['early:1:0', 'b:1:0', 'b:1:1']);
    expect(ids(await claim(suite, AT + 20))).toEqual(['b:1:2', 'late:1:0']);
  });

  it('gives an effect to one claimant until its lease ends, then to the next, with the next attempt', async () => {
    await withEffects(suite, 1);
    expect(await claim(suite, AT)).toEqual([{
      ...sampleEffect('a'), status: 'performing', attempt: 1, due_at: LATER, result: null, error: '', tm_create: AT, tm_update: AT,
    }]);
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'performing', attempt: 1, due_at: LATER });
    expect(await claim(suite, LATER - 1)).toEqual([]);
    expect(await claim(suite, LATER, LATER + 9)).toMatchObject([{ attempt: 2, due_at: LATER + 9 }]);
  });

  it('does not give it again once it is finished, or open with no time of its own', async () => {
    await withEffects(suite, 3);
    await claim(suite, AT);
    await write(suite, { status: 'done', result: { ok: true, data: { x: 1 }, variables: { v: '1' } } });
    await write(suite, { id: 'a:1:1', status: 'open' });
    await write(suite, { id: 'a:1:2', status: 'pending', due_at: LATER + 1, error: 'told\0' });
    expect(ids(await claim(suite, LATER))).toEqual([]);
    expect(ids(await claim(suite, LATER + 1))).toEqual(['a:1:2']);
    expect(await store().effect('a:1:0')).toMatchObject({ result: { ok: true, data: { x: 1 }, variables: { v: '1' } }, tm_update: AT + 1 });
    expect((await store().effect('a:1:2'))?.error).toMatch(/^told.$/su);
  });
}

function fencing(suite: Suite): void {
  const { it, expect, store } = suite;

  it('changes nothing for an attempt whose lease was lost', async () => {
    await withEffects(suite, 1);
    await claim(suite, AT);
    const [second] = await claim(suite, LATER, LATER + 100);
    for (const status of ['done', 'failed', 'open', 'pending', 'performing'] as const) expect(await write(suite, { attempt: 1, status })).toBe('conflict');
    expect(await store().effect('a:1:0')).toEqual(second);
    expect(await write(suite, { attempt: 2, status: 'performing', due_at: LATER + 200 })).toBe('ok');
    expect(await write(suite, { attempt: 2 })).toBe('ok');
  });

  it.each<EffectStatus>(['done', 'failed', 'dead', 'canceled'])('leaves %s as it is', async (status) => {
    await withEffects(suite, 1);
    await claim(suite, AT);
    if (status === 'canceled') await store().commit([{ activeflow: advanced(sampleState('a'), {}, { cancels: ['a:1:0'] }) }]);
    await write(suite, { status, result: { ok: true } });
    const before = await store().effect('a:1:0');
    expect(before).toMatchObject({ status });
    for (const next of ['pending', 'performing', 'open', 'done', 'failed', 'canceled'] as const) {
      expect(await write(suite, { status: next, due_at: AT })).toBe('conflict');
      expect(await write(suite, { status: next, due_at: AT, attempt: 1 })).toBe('conflict');
    }
    expect(await store().effect('a:1:0')).toEqual(before);
  });

  it('renews a lease that is held, and takes none that is not', async () => {
    await withEffects(suite, 1);
    expect(await write(suite, { status: 'performing', due_at: LATER })).toBe('conflict');
    await claim(suite, AT);
    expect(await write(suite, { status: 'performing', attempt: 1, due_at: LATER + 5 })).toBe('ok');
    expect(await write(suite, { status: 'open', attempt: 1 })).toBe('ok');
    expect(await write(suite, { status: 'performing', attempt: 1, due_at: LATER })).toBe('conflict');
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'open', due_at: null });
  });

  it('keeps a result where a later report brings none', async () => {
    await withEffects(suite, 1);
    await write(suite, { status: 'open', result: { ok: true, data: { sid: 'x' } } });
    await write(suite, { status: 'done' });
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'done', result: { ok: true, data: { sid: 'x' } } });
  });

  it('refuses an effect that does not exist', async () => {
    expect(await write(suite, {})).toBe('conflict');
  });
}

function cancels(suite: Suite): void {
  const { it, expect, store } = suite;
  const cancel = async (change: object = {}) => store().commit([{ activeflow: advanced(sampleState('a'), {}, { cancels: ['a:1:0', 'unknown'] }), ...change }]);

  it.each(['pending', 'performing', 'open'] as const)('has one that is %s canceled, at once, whatever a driver still reports', async (status) => {
    await withEffects(suite, 1);
    if (status !== 'pending') await claim(suite, AT);
    if (status === 'open') await write(suite, { status, attempt: 1 });
    await cancel();
    const due = AT + 1_000;
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'canceling', due_at: due });
    for (const late of ['done', 'open', 'pending', 'performing'] as const) expect(await write(suite, { status: late })).toBe('conflict');
    expect(await claim(suite, due)).toMatchObject([{ status: 'canceling', attempt: 1, due_at: LATER }]);
    expect(await write(suite, { status: 'canceling', attempt: 1, due_at: LATER + 3 })).toBe('ok');
    expect(await claim(suite, LATER + 3, LATER + 9)).toMatchObject([{ status: 'canceling', attempt: 2 }]);
    expect(await write(suite, { status: 'canceled', attempt: 1 })).toBe('conflict');
    expect(await write(suite, { status: 'canceled', attempt: 2 })).toBe('ok');
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'canceled', due_at: null });
  });

  it('leaves done what is done before, or by the same commit', async () => {
    await withEffects(suite, 2);
    await write(suite, { status: 'done' });
    expect(await cancel()).toEqual(['ok']);
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'done', due_at: null });
    const second = advanced(advanced(sampleState('a')).state, {}, { cancels: ['a:1:1'] });
    expect(await store().commit([{ activeflow: second, effects: [{ id: 'a:1:1', status: 'failed', due_at: null, at: AT }] }])).toEqual(['ok']);
    expect(await store().effect('a:1:1')).toMatchObject({ status: 'failed', due_at: null });
  });

  it('does not begin again where it is canceled twice', async () => {
    await withEffects(suite, 1);
    await cancel();
    await claim(suite, LATER - 1);
    await store().commit([{ activeflow: advanced(advanced(sampleState('a')).state, {}, { cancels: ['a:1:0'] }) }]);
    expect(await store().effect('a:1:0')).toMatchObject({ status: 'canceling', attempt: 1, due_at: LATER });
  });
}

function recovery(suite: Suite): void {
  const { it, expect, store } = suite;

  it('makes what a dead node left due at once, and nothing else', async () => {
    await withEffects(suite, 5);
    await claim(suite, AT, LATER, 4);
    await write(suite, { id: 'a:1:1', status: 'open' });
    await write(suite, { id: 'a:1:2', status: 'done' });
    await store().commit([{ activeflow: advanced(sampleState('a'), {}, { cancels: ['a:1:3'] }) }]);
    await write(suite, { id: 'a:1:4', status: 'pending', due_at: LATER });
    await claim(suite, AT + 1_000);
    expect(await store().recover(AT + 5)).toBe(3);
    expect(ids(await claim(suite, AT + 4))).toEqual([]);
    expect((await claim(suite, AT + 5)).map(({ id, status, attempt }) => [id, status, attempt]))
      .toEqual([['a:1:0', 'performing', 2], ['a:1:1', 'performing', 2], ['a:1:3', 'canceling', 2]]);
  });

  it('counts what runs, what is due and what was given up', async () => {
    await withEffects(suite, 3);
    await store().commit([{ activeflow: inserted(sampleState('b', { status: 'ended' })) }]);
    await write(suite, { status: 'dead' });
    await write(suite, { id: 'a:1:1', status: 'done' });
    expect(await store().counts()).toEqual({ running: 1, effects_due: 1, effects_dead: 1 });
  });

  it('keeps the effects of an activeflow in the order they were asked for', async () => {
    await withEffects(suite, 12);
    await withEffects(suite, 1, 'b');
    await write(suite, { id: 'a:1:3', status: 'dead' });
    expect(ids(await store().effects('a'))).toEqual(Array.from({ length: 12 }, (_, i) => `a:1:${i}`));
    expect(await store().effect('a:1:3')).toEqual((await store().effects('a'))[3]);
    expect([await store().effects('none'), await store().effect('none')]).toEqual([[], undefined]);
  });
}

function dues({ it, expect, store }: Suite): void {
  it('names running activeflows whose instant has come, the most overdue first', async () => {
    const dues: readonly (readonly [string, Instant | null])[] = [['late', AT + 9], ['tie-1', AT], ['tie-2', AT], ['first', AT - 9], ['ended', null]];
    await store().commit(dues.map(([id, due_at]) => ({ activeflow: inserted(sampleState(id), { due_at }) })));
    expect(await store().due(AT - 10, 9)).toEqual([]);
    expect(await store().due(AT, 9)).toEqual(['first', 'tie-1', 'tie-2']);
    expect(await store().due(AT + 9, 2)).toEqual(['first', 'tie-1']);
    expect(await store().nextDue()).toBe(AT - 9);
    await store().commit([{ activeflow: advanced(sampleState('first'), { status: 'ended' }) }, { activeflow: advanced(sampleState('tie-1'), {}, { due_at: AT + 5 }) }]);
    expect(await store().due(AT + 5, 9)).toEqual(['tie-2', 'tie-1']);
    expect(await store().nextDue()).toBe(AT);
  });

  it('says when the next thing is due, of both kinds, and null for never', async () => {
    expect(await store().nextDue()).toBeNull();
    const state = sampleState('a', { tm_create: AT + 50 });
    await store().commit([{ activeflow: inserted(state, { due_at: AT + 100, effects: [sampleEffect('a')] }) }]);
    expect(await store().nextDue()).toBe(AT + 50);
    await store().claim({ now: AT + 50, until: AT + 200, limit: 1 });
    expect(await store().nextDue()).toBe(AT + 100);
    await store().commit([{ activeflow: advanced(state, { status: 'ended' }) }]);
    expect(await store().nextDue()).toBe(AT + 200);
  });
}
