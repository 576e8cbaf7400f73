// The flows and the requests of the bench.

/** Whose activeflows the bench starts, and the key it asks with: fixed, so that requests can be built before the server runs. */
export const CUSTOMER_ID = '00000000-0000-4000-8000-0000000000bb';
/** See `CUSTOMER_ID`. */
export const ACCESS_KEY = `af_${'bench'.repeat(8)}`;

/** How long the waits of the bench would last if nobody ended them: longer than any table is old. */
const WAIT_MS = 7 * 24 * 3_600_000;

type Written = { readonly id: string; readonly type: string; readonly option: object };
const action = (id: string, type: string, option: object): Written => ({ id, type, option });
const equals = (variable: string, value_string: string) => ({ condition: '==', variable, value_type: 'string', value_string, false_target_id: 'never' });

/** Executes ten actions of flow control and ends, all in one burst. */
export const tenSteps: readonly Written[] = [
  action('language', 'variable_set', { key: 'language', value: 'en' }),
  action('english', 'condition_variable', equals('language', 'en')),
  action('choose', 'variable_set', { key: 'choice', value: '2' }),
  action('menu', 'branch', { variable: 'choice', target_ids: { 1: 'never', 2: 'greet' }, default_target_id: 'never' }),
  action('never', 'stop', {}),
  action('greet', 'variable_set', { key: 'greeting', value: 'Welcome, caller of ${language}' }),
  action('over', 'goto', { target_id: 'again' }),
  action('skipped', 'stop', {}),
  action('again', 'condition_variable', equals('language', 'en')),
  action('twice', 'goto', { target_id: 'again', loop_count: 1 }),
];

const block = (id: string) => action(id, 'block', { timeout: WAIT_MS });
const filler = (count: number) => Array.from({ length: count }, (_, i) => action(`filler${i}`, 'variable_set', { key: 'filler', value: String(i) }));
const LOOP = [block('a'), block('b'), action('back', 'goto', { target_id: 'a' })];

/** Waits, and waits again, for ever; each `continue` leads to the next wait. */
export const loop: readonly Written[] = LOOP;

/** The same in a flow of `length` actions, at its start (much is still ahead) or its end (reached by one jump). */
export const loopIn = (length: number, where: 'start' | 'end'): readonly Written[] =>
  (where === 'start' ? [...LOOP, ...filler(length - LOOP.length)] : [action('go', 'goto', { target_id: 'a' }), ...filler(length - LOOP.length - 1), ...LOOP]);

/** Waits once. */
export const oneWait: readonly Written[] = [block('a')];

/** Sleeps as long as the start's variable `wait` says, in milliseconds. */
export const sleeper: readonly Written[] = [action('nap', 'sleep', { duration: '${wait}' })];

/** A request as it goes over the wire. */
export function request(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body);
  const content = body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  return Buffer.from(`${method} /v1.0${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${ACCESS_KEY}\r\n${content}\r\n${text}`);
}

/** The `i`th id of those that the bench chooses itself. `series` keeps works apart. */
export const idOf = (series: number, i: number): string =>
  `${series.toString(16).padStart(8, '0')}-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;
