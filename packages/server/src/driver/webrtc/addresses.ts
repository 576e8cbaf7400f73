// Which addresses browsers are told to send to.
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The public address where there is one; else the bound one; else, where all are bound, every address of this machine that others may reach. */
export function candidateAddresses(host: string, public_address: string): readonly string[] {
  if (public_address !== '') return [public_address];
  if (isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::') return [host];
  const family = host === '::' ? 'IPv6' : 'IPv4';
  const found = Object.values(networkInterfaces()).flatMap((of_one) => of_one ?? []).filter((one) => one.family === family && !one.internal && !/^(169\.254\.|fe80:)/i.test(one.address));
  return found.length > 0 ? found.map((one) => one.address) : [family === 'IPv6' ? '::1' : '127.0.0.1'];
}
