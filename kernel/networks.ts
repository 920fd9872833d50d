import { isIP } from 'node:net';

const loopback = /^(::1|127\.\d+\.\d+\.\d+)$/;

/**
 * Normalises a network address: IPv4-mapped IPv6 becomes IPv4, and all loopback addresses become one, so that
 * a browser and an agent on one machine match.
 */
export function networkAddress(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  return loopback.test(plain) ? '127.0.0.1' : plain;
}

/**
 * Returns the key for rate limits: an IPv4 address, or the 64-bit network of an IPv6 address, because its
 * holder has all of it (RFC 6177 section 2).
 */
export function callerNetwork(address: string): string {
  const plain = networkAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const left = head.split(':').filter(Boolean);
  // A tail may end in an IPv4 address, which replaces two parts.
  const right = (tail ?? '').split(':').filter(Boolean);
  const gap = 8 - left.length - right.length - (right.at(-1)?.includes('.') ? 1 : 0);
  const whole = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return `${whole.slice(0, 4).join(':')}::/64`;
}

/** Returns whether a host name means this machine. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
