// Pages of lists: newest first, walked by keyset, with a token that reads like a tm_create (wire.md §1).
import { Type } from 'typebox';
import type { Found, PageQuery, Placed } from '../store/store.js';
import type { Instant } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import { readTime, showTime } from './time.js';

/** The most, and the usual, number of rows on a page. */
export const PAGE_SIZE = 100;

/** Query parameters of every list. */
export const pageParameters = {
  page_size: Type.Optional(Type.String({ description: `1 to ${PAGE_SIZE}; anything else means ${PAGE_SIZE}` })),
  page_token: Type.Optional(Type.String({ description: 'the next_page_token of the page before' })),
};
/** Query parameters of a list without filters. */
export const PageParameters = Type.Object(pageParameters);

/** The size asked for. Throws where it is no integer. */
export function readPageSize(text: string | undefined): number {
  if (text === undefined || text === '') return PAGE_SIZE;
  if (!/^[+-]?\d{1,18}$/.test(text)) throw new ApiError('INVALID_REQUEST_PARAMETER', `page_size must be an integer, got "${text.slice(0, 40)}"`);
  const size = Number(text);
  return size >= 1 && size <= PAGE_SIZE ? size : PAGE_SIZE;
}

/** What a list asks the store for: one row more than the page, which tells whether a token must break a tie. */
export function readPage({ page_size, page_token }: { readonly page_size?: string; readonly page_token?: string }): { readonly size: number; readonly query: PageQuery } {
  const size = readPageSize(page_size);
  const before = page_token ? readToken(page_token) : undefined;
  return { size, query: { limit: size + 1, ...(before ? { before } : {}) } };
}

function readToken(token: string): NonNullable<PageQuery['before']> {
  const [time = '', ordinal] = token.split('~');
  const tm = readTime(time);
  const placed = ordinal === undefined ? undefined : Number(ordinal);
  if (tm === undefined || (placed !== undefined && !Number.isSafeInteger(placed))) {
    throw new ApiError('INVALID_REQUEST_PARAMETER', `page_token must be the next_page_token of a page before, got "${token.slice(0, 60)}"`);
  }
  return { tm, ...(placed === undefined ? {} : { ordinal: placed }) };
}

/**
 * The page and its token. Where the next row has the last one's instant, the token also says which of them was last. Where a search was given
 * up, the token goes on from there, however few rows were found.
 */
export function showPage<T extends { readonly tm_create: Instant }, U>(rows: readonly Placed<T>[], size: number, shown: readonly U[], stopped: Found<T>['stopped'] = null): { result: readonly U[]; next_page_token: string } {
  if (stopped) return { result: shown, next_page_token: `${showTime(stopped.tm)}~${stopped.ordinal}` };
  const last = rows[Math.min(size, rows.length) - 1];
  const beyond = rows[size];
  const tie = last !== undefined && beyond?.row.tm_create === last.row.tm_create ? `~${last.ordinal}` : '';
  return { result: shown, next_page_token: last === undefined ? '' : showTime(last.row.tm_create) + tie };
}
