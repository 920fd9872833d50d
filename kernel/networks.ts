import { isIP } from 'node:net';

const loopback = /^(::1|127\.\d+\.\d+\.\d+)$/;

/** One spelling for a network address: IPv4 in IPv6 as IPv4, every loopback address as one, so that a browser and an agent on one machine meet. */
export function networkAddress(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  return loopback.test(plain) ? '127.0.0.1' : plain;
}

/** What calls are counted by: an address of IPv4, and of IPv6 the network of 64 bits in which its holder has every address (RFC 6177 section 2). */
export function callerNetwork(address: string): string {
  const plain = networkAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const left = head.split(':').filter(Boolean);
  // A tail may end in an IPv4 address, which stands for two parts.
  const right = (tail ?? '').split(':').filter(Boolean);
  const gap = 8 - left.length - right.length - (right.at(-1)?.includes('.') ? 1 : 0);
  const whole = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return `${whole.slice(0, 4).join(':')}::/64`;
}

/** Whether a host name of an address is this machine's own. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
