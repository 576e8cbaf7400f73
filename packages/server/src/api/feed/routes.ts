// The routes of the feed: a WebSocket, and streams of server-sent events.
import { Type } from 'typebox';
import { ApiError } from '../../problem.js';
import { findActiveflow } from '../control.js';
import type { Parts } from '../parts.js';
import { route, type Exchange, type Route } from '../route.js';
import { hasMore } from './past.js';
import { checkOrigin, MOST_TOPICS, openSocket } from './socket.js';
import { admit, type Admitted } from './sse.js';
import { readTopic, type Topic } from './topics.js';
import { upgradeOf } from './upgrade.js';

const After = Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'the number after which to begin: what came since is told first. `Last-Event-ID` goes before it' }));

/** The routes that tell what happens while it happens. */
export function feedRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/ws', operation: 'openSocket', tag: 'feed', stream: 'socket', summary: 'Open a WebSocket, subscribe to topics, and be told of each event.',
      answer: Type.String(), reasons: ['PERMISSION_DENIED'],
      async handle({ identity, exchange }) {
        const { request, credentials, host, from_cookie, take } = exchange();
        const upgrade = upgradeOf(request);
        if (request.headers.upgrade?.toLowerCase() !== 'websocket' || !upgrade) throw new ApiError('INVALID_REQUEST_PARAMETER', 'this is a WebSocket: ask for it with `Upgrade: websocket`');
        checkOrigin(request.headers.origin, host, from_cookie);
        const begin = await openSocket(parts.hub, request, upgrade, identity, credentials);
        take().response.detachSocket(upgrade.socket);
        begin();
      },
    }),
    route({
      method: 'GET', path: '/events', operation: 'streamEvents', tag: 'feed', stream: 'events', summary: 'Be told of each event of some topics, as server-sent events.',
      query: Type.Object({ topics: Type.Optional(Type.String({ description: 'topics, separated by commas' })), after: After }),
      answer: Type.String(), reasons: ['MISSING_REQUEST_PARAMETER', 'PERMISSION_DENIED'],
      async handle({ identity, exchange, query }) {
        const topics = readTopics(query.topics, identity.customer_id);
        const { request, credentials, take } = exchange();
        const after = readAfter(request, query.after);
        const { begin } = await admit(parts.hub, identity, credentials);
        const { response, headers } = take();
        begin(response, headers, { topics, after });
      },
    }),
    route({
      method: 'GET', path: '/activeflows/{id}/events', operation: 'streamActiveflow', tag: 'feed', stream: 'events',
      summary: 'Be told of each event of an activeflow until it has ended, as server-sent events. 204 where it has, and nothing is left to tell.',
      query: Type.Object({ after: After }), answer: Type.String(), reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND'],
      async handle(call) {
        const { identity, exchange, query } = call;
        const { id } = await findActiveflow(parts, call);
        const topic: Topic = { text: `${identity.customer_id}:activeflow:${id}`, event_topic: false };
        const { request, credentials, take } = exchange();
        const after = readAfter(request, query.after);
        await streamOne(parts, id, { topic, after }, await admit(parts.hub, identity, credentials), take);
      },
    }),
  ];
}

/** Tells of one activeflow, to its end. */
async function streamOne({ store, hub: { feed } }: Parts, id: string, { topic, after }: { readonly topic: Topic; readonly after: number | undefined }, { begin, leave }: Admitted, take: Exchange['take']): Promise<void> {
  /** True where it has ended, and all of that has been handed out. */
  const isOver = async (): Promise<boolean> => {
    if ((await store.load(id))?.status === 'running') return false;
    await feed.reached();
    return true;
  };
  const nothing = await isOver().then(async (over) => over && !(await hasMore(feed, topic.text, after))).catch((error: unknown) => { leave(); throw error; });
  const { response, headers } = take();
  if (nothing) {
    // A browser that gets this does not come back.
    leave();
    response.writeHead(204, headers).end();
    return;
  }
  const stream = begin(response, headers, { topics: [topic], after, told: ({ ended }) => { if (ended) setImmediate(stream.end); } });
  await stream.reader.settled();
  // It may have ended before anybody listened.
  if (await isOver()) stream.end();
}

/** The topics of a query. Throws `MISSING_REQUEST_PARAMETER`, `INVALID_REQUEST_PARAMETER` and `PERMISSION_DENIED`. */
function readTopics(text: string | undefined, customer_id: string): readonly Topic[] {
  const given = (text ?? '').split(',').map((one) => one.trim()).filter(Boolean);
  if (given.length === 0) throw new ApiError('MISSING_REQUEST_PARAMETER', 'topics: say what to listen to, for example `topics=activeflow`');
  if (given.length > MOST_TOPICS) throw new ApiError('INVALID_REQUEST_PARAMETER', `topics: at most ${MOST_TOPICS}`);
  return given.map((one) => {
    const topic = readTopic(one, customer_id);
    if ('fault' in topic) throw new ApiError(topic.fault === 'forbidden' ? 'PERMISSION_DENIED' : 'INVALID_REQUEST_PARAMETER', `topics: ${topic.message}`);
    return topic;
  });
}

/** The number to begin after: of a browser that comes back, or of the query. Throws `INVALID_REQUEST_PARAMETER`. */
function readAfter({ headers }: Exchange['request'], asked: string | undefined): number | undefined {
  const header = headers['last-event-id'];
  const text = typeof header === 'string' && header !== '' ? header : asked;
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new ApiError('INVALID_REQUEST_PARAMETER', `${text === asked ? 'after' : 'Last-Event-ID'} must be the number of an event, got "${text.slice(0, 40)}"`);
  return Number(text);
}
