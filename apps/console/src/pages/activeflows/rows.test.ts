import { describe, expect, test } from 'vitest';
import type { Activeflow, Page } from '@activeflow/client';
import { countOf, NO_FILTERS, pathOf, queryOf, readFilters } from './filters.js';
import { withEvents } from './rows.js';

const row = (id: string, version: number, status = 'running') => ({ id, version, status }) as unknown as Activeflow;
const event = (type: string, data: Activeflow) => ({ type, seq: 1, data: data as unknown as Readonly<Record<string, unknown>> });
const page: Page<Activeflow> = { result: [row('a', 3), row('b', 5)], next_page_token: 't' };

describe('a page of the list after events', () => {
  test('has the newer of a row, whatever order they come in', () => {
    const after = withEvents(page, [event('activeflow_updated', row('b', 7)), event('activeflow_updated', row('b', 6)), event('activeflow_updated', row('a', 2))]);
    expect(after).toEqual({ page: { result: [row('a', 3), row('b', 7)], next_page_token: 't' }, unsure: false });
    expect(after.page.result[0]).toBe(page.result[0]);
  });

  test('is the same page where nothing of it is concerned', () => {
    expect(withEvents(page, [event('activeflow_updated', row('a', 3))]).page).toBe(page);
  });

  test('is unsure of what is new, of what has ended, and of what was deleted', () => {
    expect(withEvents(page, [event('activeflow_created', row('c', 1))])).toEqual({ page, unsure: true });
    expect(withEvents(page, [event('activeflow_updated', row('a', 4, 'ended'))])).toEqual({ page: { ...page, result: [row('a', 4, 'ended'), row('b', 5)] }, unsure: true });
    expect(withEvents(page, [event('activeflow_deleted', row('a', 4))]).unsure).toBe(true);
  });
});

describe('the filters', () => {
  test('are what the address says, there and back', () => {
    const filters = { status: 'running', flow_id: 'f', reference_type: 'call', reference_id: 'r', since: '1h', variables: { 'a.b': 'x=y&z', c: '' }, page_token: '2026-01-01 00:00:00.000000~4' } as const;
    expect(readFilters(pathOf(filters).slice('/activeflows'.length))).toEqual(filters);
    expect(pathOf(NO_FILTERS)).toBe('/activeflows');
    expect([countOf(NO_FILTERS), countOf(filters)]).toEqual([0, 7]);
  });

  test('leave out what nobody knows', () => {
    expect(readFilters('?status=gone&reference_type=fax&since=ever&other=1')).toEqual(NO_FILTERS);
  });

  test('ask the API for a time and not for a span', () => {
    const now_ms = Date.parse('2026-01-05T10:00:00Z');
    expect(queryOf({ ...NO_FILTERS, status: 'ended', since: '1h', variables: { a: 'b' } }, now_ms)).toEqual({ status: 'ended', created_after: '2026-01-05T09:00:00.000Z', variables: { a: 'b' } });
    expect(queryOf(NO_FILTERS, now_ms)).toEqual({});
  });
});
