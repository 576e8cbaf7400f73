// Lists that grow downwards: a page at first, and the next when somebody asks.
import { useInfiniteQuery, type InfiniteData, type QueryKey } from '@tanstack/react-query';
import type { List, Page } from '@activeflow/client';

/** How many pages are kept up to date. */
const MOST_AGAIN = 2;

/** The rows of a list so far, newest first; `more` fetches the next page where there is one. `again_ms`: how often it is asked for again, where no event tells. */
export function usePages<T extends { readonly id: string }>(queryKey: QueryKey, page_size: number, list: (signal: AbortSignal) => List<T>, again_ms?: number) {
  const query = useInfiniteQuery<Page<T>, Error, InfiniteData<Page<T>, string>, QueryKey, string>({
    queryKey, initialPageParam: '', 
    // Every page is asked for again; somebody who has gone far down is not looking at what is new.
    refetchInterval: ({ state }) => (again_ms !== undefined && (state.data?.pages.length ?? 0) <= MOST_AGAIN ? again_ms : false),
    queryFn: ({ signal, pageParam }) => list(signal).page(pageParam === '' ? undefined : pageParam),
    // A token is on every page that is not empty: a short page is the last one.
    getNextPageParam: (last) => (last.next_page_token === '' || last.result.length < page_size ? undefined : last.next_page_token),
  });
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  return {
    rows: data?.pages.flatMap(({ result }) => result), error, refetch: () => { void refetch(); },
    more: hasNextPage ? () => { void fetchNextPage(); } : undefined, fetching_more: isFetchingNextPage,
  };
}
