// Calls from a browser, as WHIP has them (RFC 9725): an SDP offer is posted, and its answer comes back once the call is taken.
import { Type } from 'typebox';
import { isUuid } from '@activeflow/engine';
import type { IceServer, WhipAnswer, WhipDoors } from '../driver/webrtc/whip.js';
import { ApiError, type Reason } from '../problem.js';
import type { Parts } from './parts.js';
import { route, type Call, type Route } from './route.js';

const SDP = 'application/sdp';

/** The routes of browsers; none where they cannot call. */
export function whipRoutes({ browsers }: Pick<Parts, 'browsers'>): readonly Route[] {
  if (!browsers) return [];
  return [
    route({
      method: 'POST', path: '/whip/{destination}', operation: 'callByWhip', tag: 'calls', stream: 'sdp',
      summary: 'Call a number or a flow from a browser: WHIP. The answer comes when the call is taken; `Location` is what a DELETE hangs up.',
      answer: Type.String({ description: 'the SDP answer' }),
      reasons: ['INVALID_SDP', 'SDP_EXPECTED', 'SDP_NOT_ACCEPTABLE', 'NUMBER_NOT_FOUND', 'FLOW_NOT_FOUND', 'PERMISSION_DENIED', 'STATE_INVALID'],
      handle: (call) => offer(browsers, call),
    }),
    route({
      method: 'DELETE', path: '/whip/calls/{id}', operation: 'hangupByWhip', tag: 'calls', summary: 'Hang up a call from a browser.',
      answer: Type.Object({ id: Type.String() }), reasons: ['INVALID_ID', 'CALL_NOT_FOUND'],
      async handle({ params: { id = '' }, identity: { customer_id } }) {
        if (!(await browsers.hangupBy(customer_id, id))) throw unknown();
        return { id };
      },
    }),
    route({
      method: 'PATCH', path: '/whip/calls/{id}', operation: 'trickleByWhip', tag: 'calls',
      summary: 'Always refused: an answer names every candidate of the server, which learns those of the browser by itself. Neither trickle ICE nor a restart is needed.',
      answer: Type.Object({}), reasons: ['INVALID_ID', 'CALL_NOT_FOUND', 'METHOD_NOT_ALLOWED'],
      async handle({ params: { id = '' }, identity: { customer_id }, header }) {
        if (!browsers.has(customer_id, id)) throw unknown();
        header('allow', 'DELETE');
        throw new ApiError('METHOD_NOT_ALLOWED', 'this call takes no candidates and no ICE restart; only DELETE is possible');
      },
    }),
  ];
}

const unknown = (): ApiError => new ApiError('CALL_NOT_FOUND', 'no such call from a browser, or it has ended');

async function offer(browsers: WhipDoors, { params: { destination = '' }, raw, identity: { customer_id, username }, exchange }: Call): Promise<void> {
  const { request, take } = exchange();
  if (request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() !== SDP) throw new ApiError('SDP_EXPECTED', `the body must be an SDP offer: send it as ${SDP}`);
  const flow = isUuid(destination);
  const answer = await browsers.call({ customer_id, source: username, destination: flow ? { flow_id: destination.toLowerCase() } : { number: destination }, sdp: raw.toString('utf8') });
  if (!answer.taken) throw refusal(answer, flow);
  // Whoever has gone away meanwhile will never connect.
  if (request.socket.destroyed) { await browsers.hangupBy(customer_id, answer.call_id); return; }
  const { response, headers } = take();
  const links = browsers.ice_servers.map(linkOf);
  response.writeHead(201, { ...headers, 'content-type': SDP, 'content-length': Buffer.byteLength(answer.sdp), 'cache-control': 'no-store', location: `/v1.0/whip/calls/${answer.call_id}`, ...(links.length > 0 ? { link: links } : {}) });
  response.end(answer.sdp);
}

/** RFC 9725 §4.6: what a browser may use to get here. */
function linkOf({ urls, username, credential }: IceServer): string {
  const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const secret = username === undefined ? '' : `; username=${quoted(username)}; credential=${quoted(credential ?? '')}; credential-type="password"`;
  return `<${urls}>; rel="ice-server"${secret}`;
}

function refusal({ why, detail }: Extract<WhipAnswer, { taken: false }>, flow: boolean): ApiError {
  const reasons = {
    malformed: 'INVALID_SDP', not_acceptable: 'SDP_NOT_ACCEPTABLE', not_found: flow ? 'FLOW_NOT_FOUND' : 'NUMBER_NOT_FOUND', forbidden: 'PERMISSION_DENIED', busy: 'STATE_INVALID',
    overloaded: 'RATE_LIMIT_EXCEEDED', unavailable: 'SERVICE_UNAVAILABLE',
  } as const satisfies Record<typeof why, Reason>;
  if (why === 'overloaded') return new ApiError('RATE_LIMIT_EXCEEDED', detail, { details: [{ limited_by: 'calls' }], retry_after_s: 5 });
  return new ApiError(reasons[why], detail, why === 'unavailable' ? { retry_after_s: 1 } : {});
}
