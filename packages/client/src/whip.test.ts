import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createClient } from './client.js';

test('a call from a browser sends its offer as SDP, and reads the answer, the call and the servers', async () => {
  const asked: { readonly method: string | undefined; readonly url: string | undefined; readonly type: string | undefined; readonly authorization: string | undefined; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); }).on('end', () => {
      const { 'content-type': type, authorization } = request.headers;
      asked.push({ method: request.method, url: request.url, type, authorization, body });
      if (request.method === 'DELETE') { response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"c1"}'); return; }
      response.writeHead(201, { 'content-type': 'application/sdp', location: '/v1.0/whip/calls/c1', link: ['<stun:stun.example.com>; rel="ice-server"', '<turn:t.example.com?transport=tcp>; rel="ice-server"; username="a,b"; credential="c\\"d"; credential-type="password"', '<https://example.com>; rel="help"'] }).end('v=0 answer');
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    const client = createClient({ base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, access_key: 'af_x' });
    expect(await client.whip.call('+1 5', 'v=0 offer')).toEqual({
      call_id: 'c1', sdp: 'v=0 answer', ice_servers: [{ urls: 'stun:stun.example.com' }, { urls: 'turn:t.example.com?transport=tcp', username: 'a,b', credential: 'c"d' }],
    });
    expect(await client.whip.hangup('c1', { keepalive: true })).toEqual({ id: 'c1' });
    expect(asked).toEqual([
      { method: 'POST', url: '/v1.0/whip/%2B1%205', type: 'application/sdp', authorization: 'Bearer af_x', body: 'v=0 offer' },
      { method: 'DELETE', url: '/v1.0/whip/calls/c1', type: undefined, authorization: 'Bearer af_x', body: '' },
    ]);
  } finally {
    server.close();
  }
});
