// What HTTP alone costs on this machine: node:http that reads a body and answers a small JSON, without anything behind it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = JSON.stringify({ id: '00000000-0000-4000-8000-000000000000', status: 'running', detail: 'x'.repeat(220) });

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => { parts.push(part); }).on('end', () => {
    if (parts.length > 0) JSON.parse(Buffer.concat(parts).toString('utf8'));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
process.on('message', () => { const { user, system } = process.cpuUsage(); process.send?.({ cpu_us: user + system }); });
process.on('disconnect', () => { process.exit(0); });
server.listen(0, '127.0.0.1', () => { process.send?.({ ready: { port: (server.address() as AddressInfo).port } }); });
