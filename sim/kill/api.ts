// The API as a client sees it: an answer, or none, which says nothing about what was done.

/** An answer; `undefined` where none came whole. */
export type Answer<T = unknown> = { readonly status: number; readonly body: T } | undefined;

/** The parts of an activeflow that are looked at. */
export type Activeflow = {
  readonly id: string; readonly name: string; readonly status: string; readonly end_reason: string; readonly executed_actions: readonly unknown[];
  readonly current_action: { readonly id: string; readonly type: string }; readonly waiting_for: { readonly kind: string; readonly action_id: string } | null;
};

/** The parts of an entry of a history that are looked at. */
export type HistoryEntry = {
  readonly number: number; readonly kind: string; readonly step: number; readonly result: string; readonly detail: string;
  readonly cause: { readonly by: string; readonly ref: string }; readonly variables: Readonly<Record<string, string | null>>;
  readonly action: { readonly type: string } | null; readonly effects: readonly { readonly id: string; readonly kind: string; readonly status: string }[];
};

/** Asks the server that is up now. */
export type Api = {
  readonly ask: <T>(method: string, path: string, given?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }) => Promise<Answer<T>>;
  /** All pages of a list. Throws where one does not come. */
  readonly all: <T>(path: string) => Promise<readonly T[]>;
};

const PATIENCE_MS = 30_000;

/** Makes an API of a server's address. */
export function createApi(url: string, access_key: string): Api {
  const ask: Api['ask'] = async <T>(method: string, path: string, given: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {}) => {
    const json = given.body === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await fetch(`${url}/v1.0${path}`, {
        method, headers: { authorization: `Bearer ${access_key}`, ...json, ...given.headers }, signal: AbortSignal.timeout(PATIENCE_MS),
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      });
      return { status: response.status, body: (await response.json()) as T };
    } catch {
      return undefined;
    }
  };
  const all: Api['all'] = async <T>(path: string) => {
    const rows: T[] = [];
    for (let token = ''; ;) {
      const answer = await ask<{ result: T[]; next_page_token: string }>('GET', `${path}${path.includes('?') ? '&' : '?'}page_size=100${token === '' ? '' : `&page_token=${encodeURIComponent(token)}`}`);
      if (answer?.status !== 200) throw new Error(`GET ${path}: ${answer ? `${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}` : 'no answer'}`);
      rows.push(...answer.body.result);
      token = answer.body.next_page_token;
      if (token === '') return rows;
    }
  };
  return { ask, all };
}
