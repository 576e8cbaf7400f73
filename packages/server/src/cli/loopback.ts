// Whether an address stays on this machine.

/** True for addresses and names that nobody else reaches. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
