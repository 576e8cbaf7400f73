// The webhook that a body names.
import { NO_CONFIGURATION, type Configuration } from '@activeflow/engine';
import { ApiError } from '../problem.js';

const METHODS = ['', 'POST', 'PUT', 'GET', 'DELETE', 'PATCH'];

/** The webhook of a body: an http or https URL without credentials, and a method; POST where only the URL is given. */
export function readWebhook({ webhook_uri = '', webhook_method = '' }: { readonly webhook_uri?: string; readonly webhook_method?: string }): Omit<Configuration, 'on_complete_flow_id'> {
  const fault = uriFault(webhook_uri);
  if (fault) throw new ApiError('INVALID_WEBHOOK_URI', `/webhook_uri: ${fault}`, { details: [{ pointer: '/webhook_uri', reason: 'INVALID_WEBHOOK_URI', message: fault }] });
  const method = webhook_method.toUpperCase();
  if (!METHODS.includes(method)) {
    const message = `must be one of ${METHODS.slice(1).join(', ')}`;
    throw new ApiError('INVALID_WEBHOOK_METHOD', `/webhook_method: ${message}`, { details: [{ pointer: '/webhook_method', reason: 'INVALID_WEBHOOK_METHOD', message }] });
  }
  return { webhook_uri, webhook_method: method || (webhook_uri === '' ? NO_CONFIGURATION.webhook_method : 'POST') };
}

function uriFault(uri: string): string | undefined {
  if (uri === '') return undefined;
  if (!URL.canParse(uri) || !/^https?:$/.test(new URL(uri).protocol)) return 'must be an http or https URL';
  const { username, password } = new URL(uri);
  return username || password ? 'must not hold credentials' : undefined;
}
