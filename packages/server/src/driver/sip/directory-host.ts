// The directory, read from the documents that the API writes: /v1.0/extensions and /v1.0/trunks.
import { BlockList, isIP } from 'node:net';
import type { Document } from '../../store/store.js';
import type { Host } from '../driver.js';
import type { Directory, Extension, Trunk } from './directory.js';

/** What of all customers is looked for; beside the host, since only the directory asks for it. */
export type Everybody = {
  /** The oldest customer: whose calls come to a domain that names nobody. */
  readonly firstCustomer: () => Promise<string | undefined>;
  /** The trunks of all customers. */
  readonly trunks: () => AsyncIterable<Document>;
};

/** Makes a directory. Nothing is kept in memory: what the API changes counts from the next call on. */
export function createDirectory(host: Pick<Host, 'document' | 'find' | 'documentsOf'>, everybody: Everybody): Directory {
  const trunksOf = async (customer_id: string): Promise<readonly Trunk[]> => (await host.documentsOf('trunk', customer_id)).filter(isThere).map(trunkOf);
  return {
    async customerOf(domain) {
      const [label = ''] = domain.toLowerCase().split('.');
      if (!UUID.test(label)) return everybody.firstCustomer();
      const customer = await host.document('customer', label);
      return customer && isThere(customer) ? customer.id : undefined;
    },
    async extension(customer_id, extension) {
      const found = EXTENSION.test(extension) ? await host.find('extension', `${customer_id}/${extension}`) : undefined;
      return found && extensionOf(found);
    },
    trunkByAddress: async (customer_id, address) => (await trunksOf(customer_id)).find(({ allowed_addresses }) => contains(allowed_addresses, address)),
    // Without a password there is nothing to be shown.
    trunkByUsername: async (customer_id, username) => (await trunksOf(customer_id)).find((trunk) => trunk.username === username && username !== '' && trunk.password !== ''),
    async trunkFor(customer_id, number) {
      const longest = ({ prefixes }: Trunk): number => prefixes.reduce((most, prefix) => (number.startsWith(prefix) ? Math.max(most, prefix.length) : most), 0);
      const able = (await trunksOf(customer_id)).filter((trunk) => trunk.uri !== '' && longest(trunk) > 0);
      return able.sort((a, b) => longest(b) - longest(a))[0];
    },
    async registering() {
      const all: Trunk[] = [];
      for await (const document of everybody.trunks()) if (isThere(document) && document.data['register'] === true) all.push(trunkOf(document));
      return all;
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What an extension may be called; anything else is nobody, and is not asked for. */
const EXTENSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

const isThere = ({ tm_delete }: Document): boolean => tm_delete === null;

const extensionOf = ({ id, customer_id, data }: Document): Extension => ({ id, customer_id, ...(data as unknown as Pick<Extension, 'extension' | 'ha1'>) });

function trunkOf({ id, customer_id, data }: Document): Trunk {
  const { name, allowed_addresses, uri, username, password, register, prefixes } = data as unknown as Trunk;
  return { id, customer_id, name, allowed_addresses, uri, username, password, register, prefixes };
}

/** Whether an address is one of the networks; an IPv4 address in its IPv6 form is the same address. */
function contains(networks: readonly string[], address: string): boolean {
  const family = isIP(address);
  if (family === 0 || networks.length === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    const type = isIP(base) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(base, type);
    else list.addSubnet(base, Number(bits), type);
  }
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
