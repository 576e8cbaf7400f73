// Lists that walk their own pages.
import type { Query, RequestOptions, Transport } from './transport.js';

/** One page of a list; `next_page_token` is `""` after the last. */
export type Page<T> = { readonly result: readonly T[]; readonly next_page_token: string };

/** What any list takes. */
export type ListQuery = { readonly page_size?: number; readonly page_token?: string };

/** A list: `for await` gives its rows, asking for a page when it gets there; `page` gives one page. */
export type List<T> = AsyncIterable<T> & {
  /** The page that a token leads to; without one, the first. */
  page(page_token?: string): Promise<Page<T>>;
  pages(): AsyncIterable<Page<T>>;
};

/** Makes the list behind a path. Nothing is asked before somebody reads. */
export function listOf<T>(transport: Transport, path: string, query: Query = {}, options?: RequestOptions): List<T> {
  const page = (page_token?: string): Promise<Page<T>> =>
    transport.json('GET', path, { query: { ...query, ...(page_token === undefined ? {} : { page_token }) }, options });
  async function* pages(): AsyncGenerator<Page<T>> {
    for (let token: string | undefined; token !== '';) {
      const found: Page<T> = await page(token);
      yield found;
      token = found.next_page_token;
    }
  }
  return {
    page, pages,
    async* [Symbol.asyncIterator]() {
      for await (const { result } of pages()) yield* result;
    },
  };
}
