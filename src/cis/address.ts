import type { HttpRequest } from '@alongside/kernel/http';

/** The part of a path at this place, decoded: 0 is the first after the leading slash. Empty when it is missing or damaged. */
export function pathPart(request: HttpRequest, place: number): string {
  try {
    return decodeURIComponent(request.path.split('/')[place + 1] ?? '');
  } catch {
    return '';
  }
}

const loopback = /^(::1|127\.\d+\.\d+\.\d+)$/;

/** One spelling for a network address: IPv4 in IPv6 as IPv4, every loopback address as one, so that a browser and an agent on one machine meet. */
export function networkAddress(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  return loopback.test(plain) ? '127.0.0.1' : plain;
}
