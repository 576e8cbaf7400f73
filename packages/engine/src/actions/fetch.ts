import { Type } from 'typebox';
import { defineAction, push, wait } from '../action.js';
import { oneOf, text } from '../options.js';

export default defineAction({
  type: 'fetch',
  summary: 'Asks a URL for actions and runs them first. The answer must be status 200 and a JSON array of actions.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    event_url: text('where to ask; http or https'),
    event_method: oneOf(['POST', 'GET', 'PUT', 'DELETE'], 'the HTTP method', 'POST'),
  }),
  needs: ['event_url'],
  run({ event_url, event_method }, { activeflow_id, reference, variables }) {
    const body = { activeflow_id, reference_id: reference.id, variables };
    return wait('http.fetch', { uri: event_url, method: event_method, body }, 20_000);
  },
  settle: (_option, data) => push({ actions: data['actions'] }),
});
