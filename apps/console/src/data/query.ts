// The cache of what the server said. Keys begin with the resource, so that an event can say what is no longer true.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ActiveflowError } from '@activeflow/client';

/** Makes the cache of a session. `failed` is told of every request that failed. */
export function makeQueryClient(failed: (error: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: failed }),
    mutationCache: new MutationCache({ onError: failed }),
    defaultOptions: {
      queries: {
        // Events say when something has changed; the client tries again by itself what is worth it.
        staleTime: 5_000, gcTime: 300_000, retry: (count, error) => count < 2 && error instanceof ActiveflowError && error.http_status === 0,
      },
    },
  });
}

/** The keys of all queries, in one place. */
export const keys = {
  activeflows: (query: object) => ['activeflows', query] as const,
  activeflow: (id: string) => ['activeflow', id] as const,
  history: (id: string) => ['activeflow', id, 'history'] as const,
  stack: (id: string) => ['activeflow', id, 'stack'] as const,
  variables: (id: string) => ['activeflow', id, 'variables'] as const,
  flows: () => ['flows'] as const,
  flowNames: () => ['flows', 'names'] as const,
  flowChoices: () => ['flows', 'choices'] as const,
  flow: (id: string) => ['flow', id] as const,
  revisions: (id: string) => ['flow', id, 'revisions'] as const,
  revision: (id: string, revision: number) => ['flow', id, 'revisions', revision] as const,
  numbers: () => ['numbers', 'callable'] as const,
  call: (id: string) => ['call', id] as const,
  accesskeys: () => ['accesskeys'] as const,
  customer: () => ['customer'] as const,
  deliveries: (query: object) => ['deliveries', query] as const,
} as const;
