// An SMSC in a process of its own: it takes everything at once, sends a receipt for each, and counts.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFramer, decode, encode, textOf } from 'activeflow/internal/driver/message/smpp/pdu';

/** What it has counted: submissions, those whose destination had come before, the most that were unanswered at once on a connection, and receipts that were acknowledged. */
export type SmscCounts = { readonly submits: number; readonly doubled: number; readonly receipts: number; readonly last_at_ms: number };

async function serve(): Promise<void> {
  const destinations = new Set<string>();
  const counts = { submits: 0, doubled: 0, receipts: 0, last_at_ms: 0 };
  const server = createServer((socket: Socket) => {
    const framer = createFramer();
    let sequence = 0;
    socket.setNoDelay(true).on('error', () => undefined).on('data', (chunk: Buffer) => {
      const out: Buffer[] = [];
      for (const frame of framer.take(chunk) ?? []) {
        const pdu = decode(frame);
        if ('unreadable' in pdu) throw new Error(`the engine sent what cannot be read: ${pdu.command}`);
        const { command } = pdu;
        if (command === 'deliver_sm_resp') { counts.receipts += Number(pdu.status === 0); continue; }
        if (command !== 'submit_sm') { out.push(encode(`${command}_resp`, pdu.sequence)); continue; }
        const [destination, id] = [textOf(pdu, 'destination_addr'), String(++counts.submits)];
        if (destinations.has(destination)) counts.doubled += 1;
        destinations.add(destination);
        const short_message = Buffer.from(`id:${id} sub:001 dlvrd:001 submit date:2611240410 done date:2611240411 stat:DELIVRD err:000 text:`);
        out.push(encode('submit_sm_resp', pdu.sequence, { message_id: id }), encode('deliver_sm', sequence += 1, { source_addr: destination, destination_addr: '100', esm_class: 4, data_coding: 0, short_message }));
        counts.last_at_ms = Date.now();
      }
      if (out.length > 0) socket.write(Buffer.concat(out));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  process.on('message', () => { process.send?.({ counts }); });
  process.on('disconnect', () => { process.exit(0); });
  process.send?.({ ready: { port: (server.address() as AddressInfo).port } });
}

if (process.send && process.argv[2] === 'serve') await serve();
