import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { OperatorError } from './operator.ts';

/** Who sent a request: its address, and the client certificate that it presented, if any (DER). */
export interface Peer {
  address: string;
  certificate?: Buffer;
  /** DER of what came with it. */
  certificateChain?: readonly Buffer[];
}

/** Proxies whose word about their clients is taken. */
export interface TrustedProxies {
  includes(address: string): boolean;
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Reads addresses and ranges: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
 * Throws OperatorError for one that is neither, or that would trust everybody.
 */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/');
    const bits = isIP(network) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(network) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || length > bits || length < 8)
      throw new OperatorError(
        `"${entry}" is no address or range of a proxy. Write it as 10.0.0.1 or 10.0.0.0/8; a range has 8 bits or more.`,
      );
    list.addSubnet(network, length, family(network));
  }
  return { includes: (address) => isIP(address) !== 0 && list.check(address, family(address)) };
}

const last = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? undefined : value;

/** The nearest address that is no trusted proxy: what stands left of it could be written by anybody. */
function forwardedFor(header: string | undefined, trusted: TrustedProxies): string | undefined {
  let nearest: string | undefined;
  for (const part of (header ?? '').split(',').slice(-20).reverse()) {
    const address = plain(part.trim().replace(/^\[(.*)\]$/, '$1'));
    if (isIP(address) === 0) break;
    nearest = address;
    if (!trusted.includes(address)) break;
  }
  return nearest;
}

/** A byte sequence of a structured field (RFC 9440 section 2.1). */
const byteSequence = /^:([A-Za-z0-9+/]{1,12000}={0,2}):$/;

function forwardedCertificate(header: string | undefined): Buffer | undefined {
  const encoded = byteSequence.exec(header?.trim() ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

/** A list of byte sequences (RFC 9440 section 2.3); one that is malformed, or longer than ten, is none. */
function forwardedChain(header: string | undefined): Buffer[] {
  const parts = (header ?? '').split(',', 11).map((part) => forwardedCertificate(part));
  return parts.length <= 10 && parts.every((part) => part !== undefined) ? parts : [];
}

/**
 * The peer behind a connection. `X-Forwarded-For`, `Client-Cert` and `Client-Cert-Chain` (RFC 9440) count only when a
 * trusted proxy sent them; a proxy that ends TLS must remove all three from what its own clients send.
 */
export function peerOf(
  connection: Peer,
  headers: IncomingHttpHeaders,
  trusted: TrustedProxies | undefined,
): Peer {
  const direct = plain(connection.address);
  if (!trusted?.includes(direct)) return connection;
  const certificate = forwardedCertificate(last(headers['client-cert'] as string | string[] | undefined));
  return {
    address: forwardedFor(last(headers['x-forwarded-for']), trusted) ?? connection.address,
    ...(certificate
      ? {
          certificate,
          certificateChain: forwardedChain(last(headers['client-cert-chain'])),
        }
      : {}),
  };
}
