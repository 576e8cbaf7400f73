// The driver of email, by the suite that is there for all drivers.
import { silent } from '../../log.js';
import { driverConforms } from '../conformance.js';
import { openWorld, startRun } from '../testing/world.js';
import { createSmtp, type Smtp } from './smtp.js';
import { startSink, takeApart } from './testing/sink.js';

driverConforms('smtp, email_send', async () => {
  const sink = await startSink();
  const world = await openWorld(() => []);
  await world.stop();
  const run = await startRun(world, [{ type: 'email_send', option: { destinations: [{ target: 'ada@example.com' }], subject: 'Hi', content: 'Hello' } }]);
  const [effect] = await world.effects(run);
  if (effect === undefined) throw new Error('no effect');
  const made: Smtp[] = [];
  const make = () => {
    const smtp = createSmtp({
      host: world.node().host, fetch: async () => { throw new Error('nothing is fetched'); }, log: silent,
      settings: { host: '127.0.0.1', port: sink.port, secure: false, user: '', password: '', tls: { mode: 'offered', ca: '' }, from: { name: '', address: 'desk@example.com' }, recordings: '.', most_bytes: 1 },
    });
    made.push(smtp);
    return smtp.driver;
  };
  return {
    make, effect: { ...effect, attempt: 1 },
    // A mail cannot be taken back: what must not differ is its name, by which the second copy can be told.
    outside: async () => [...new Set(sink.mails.map(({ text }) => takeApart(text).headers['message-id']))],
    activeflow: () => world.state(run),
    end: async () => { await world.node().host.ended(run, 'test'); },
    close: async () => { for (const smtp of made) await smtp.close(); await sink.close(); },
  };
});
