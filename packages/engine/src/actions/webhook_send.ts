import { Type } from 'typebox';
import { defineAction, fire, next, wait } from '../action.js';
import { flag, oneOf, text } from '../options.js';
import { isSystemName, type Variables } from '../variables.js';

/** How much of an answer is kept in `voipbin.webhook.body`, in characters: well under the bound of one variable. */
const KEPT_BODY = 16 * 1024;

export default defineAction({
  type: 'webhook_send',
  summary: 'Sends an HTTP request; with `sync` waits for the answer, which may set variables.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({
    uri: text('where to send it; http or https'),
    method: oneOf(['POST', 'GET', 'PUT', 'DELETE', 'PATCH'], 'the HTTP method', 'POST'),
    data_type: text('the content type', 'application/json'),
    data: text('the body', ''),
    sync: flag('wait for the answer, at most 30 s'),
  }),
  needs: ['uri'],
  run({ uri, method, data_type, data, sync }) {
    const payload = { uri, method, data_type, data, sync };
    return sync ? wait('http.webhook_send', payload, 35_000) : fire('http.webhook_send', payload);
  },
  settle(_option, { status, body }) {
    const answer = typeof body === 'string' ? body : '';
    return next({ ...answered(answer), 'voipbin.webhook.status': typeof status === 'number' ? String(status) : '', 'voipbin.webhook.body': answer.slice(0, KEPT_BODY) });
  },
});

/** The `variables` object of a JSON answer, as far as it is text, numbers and booleans under names that a flow may set. */
function answered(body: string): Variables {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return {};
  }
  const given = typeof json === 'object' && json !== null && 'variables' in json ? json.variables : undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {};
  const plain = Object.entries(given).filter(([key, value]) => key.trim() !== '' && !isSystemName(key.trim()) && ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(plain.map(([key, value]) => [key.trim(), String(value)]));
}
