// Which activeflows are shown: in the address, so that a link shows the same.
import type { ActiveflowQuery } from '@activeflow/client';

/** The kinds of what starts an activeflow, as the filter offers them. */
export const REFERENCES = ['call', 'sms', 'api', 'conversation', 'campaign'] as const;
/** How far back, in words and in milliseconds. */
export const SPANS = { '15min': ['Last 15 minutes', 900_000], '1h': ['Last hour', 3_600_000], '24h': ['Last 24 hours', 86_400_000], '7d': ['Last 7 days', 604_800_000] } as const;

/** What the address asks for; empty is everything. */
export type Filters = {
  readonly status: '' | 'running' | 'ended'; readonly flow_id: string; readonly reference_type: '' | (typeof REFERENCES)[number]; readonly reference_id: string;
  readonly since: '' | keyof typeof SPANS; readonly variables: Readonly<Record<string, string>>; readonly page_token: string;
};

/** No filter at all. */
export const NO_FILTERS: Filters = { status: '', flow_id: '', reference_type: '', reference_id: '', since: '', variables: {}, page_token: '' };

const oneOf = <T extends string>(text: string | null, known: readonly T[]): T | '' => known.find((one) => one === text) ?? '';

/** Reads what follows the `?`; what nobody knows is left out. */
export function readFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  const variables = Object.fromEntries([...query].flatMap(([name, value]) => (name.startsWith('variable.') ? [[name.slice('variable.'.length), value]] : [])));
  return {
    status: oneOf(query.get('status'), ['running', 'ended']), flow_id: query.get('flow_id') ?? '', reference_type: oneOf(query.get('reference_type'), REFERENCES),
    reference_id: query.get('reference_id') ?? '', since: oneOf(query.get('since'), Object.keys(SPANS) as (keyof typeof SPANS)[]), variables, page_token: query.get('page_token') ?? '',
  };
}

/** The address of what is asked for. */
export function pathOf({ variables, ...filters }: Filters): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ''));
  for (const [name, value] of Object.entries(variables)) query.set(`variable.${name}`, value);
  const text = query.toString();
  return text === '' ? '/activeflows' : `/activeflows?${text}`;
}

/** How many things are filtered by. */
export const countOf = ({ variables, page_token: _, ...filters }: Filters): number =>
  Object.values(filters).filter((value) => value !== '').length + Object.keys(variables).length;

/** The query of the API, as of now. */
export function queryOf({ status, since, variables, page_token: _, ...rest }: Filters, now_ms: number): ActiveflowQuery {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''));
  return {
    ...given, ...(status === '' ? {} : { status }), ...(since === '' ? {} : { created_after: new Date(now_ms - SPANS[since][1]).toISOString() }),
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
  };
}
