// The public surface of the client; nothing else is exported.
export { createClient, type Client } from './client.js';
export { ActiveflowError, type Detail } from './error.js';
export type { ActiveflowQuery } from './activeflows.js';
export type * from './feed-types.js';
export type { WebhookDeliveryQuery } from './deliveries.js';
export type { List, ListQuery, Page } from './list.js';
export type { SocketOptions, WebSocketLike } from './socket.js';
export type { ChangeOptions, ClientOptions, PostOptions, RequestOptions } from './transport.js';
export type * from './types.js';
export type { IceServer, TakenCall } from './whip.js';
