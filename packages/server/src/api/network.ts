// Which addresses count as one.

/** The address, or of an IPv6 address the /64 around it: whoever has one of those has them all. */
export const network = (address: string): string => (address.includes(':') && !address.includes('.') ? expand(address).slice(0, 4).join(':') : address);

function expand(address: string): readonly string[] {
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
