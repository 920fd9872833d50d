import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ConfigurationError } from './operator.ts';

/** The sender of a request: its address, and its client certificate, if any (DER). */
export interface Peer {
  address: string;
  /** Set if the address is a trusted proxy that did not name its client, which is then near nothing. */
  clientUnknown?: true;
  certificate?: Buffer;
  /** DER of the intermediates. */
  certificateChain?: readonly Buffer[];
}

/** Proxies that may name their clients. */
export interface TrustedProxies {
  includes(address: string): boolean;
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** One address of each block of IPv4, and of each /8 of the global unicast addresses of IPv6. */
const ipv4Blocks = Array.from({ length: 256 }, (_, block) => `${block}.0.0.1`);
const ipv6Blocks = Array.from({ length: 32 }, (_, block) => `${(0x20 + block).toString(16)}00::1`);
const covered = (list: BlockList, addresses: readonly string[]): number =>
  addresses.filter((address) => list.check(address, family(address))).length;

/** Returns whether a range is too wide. An IPv6 range may include IPv4: `::ffff:0:0/96` has all of it. */
function isWide(network: string, length: number): boolean {
  if (length < 8) return true;
  const list = new BlockList();
  list.addSubnet(network, length, family(network));
  return covered(list, ipv4Blocks) > 1;
}

/**
 * Parses addresses and ranges: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. Throws ConfigurationError for other values
 * and for ranges that would trust everyone.
 */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/');
    const bits = isIP(network) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(network) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || length > bits || isWide(network, length))
      throw new ConfigurationError(
        `"${entry}" is not an address or range of a proxy. Write it as 10.0.0.1 or 10.0.0.0/8; a range has 8 bits or more.`,
      );
    list.addSubnet(network, length, family(network));
  }
  if (covered(list, ipv4Blocks) >= 200 || covered(list, ipv6Blocks) === ipv6Blocks.length)
    throw new ConfigurationError(
      'Every address would be a trusted proxy. Name the addresses of your proxies.',
    );
  return { includes: (address) => isIP(address) !== 0 && list.check(address, family(address)) };
}

const last = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? undefined : value;

/** Returns the nearest address that is not a trusted proxy, else the farthest proxy. Addresses before that can be forged. */
function forwardedFor(
  proxy: string,
  header: string | undefined,
  trusted: TrustedProxies,
): Pick<Peer, 'address' | 'clientUnknown'> {
  let farthest = proxy;
  for (const part of (header ?? '').split(',').slice(-20).reverse()) {
    const address = plain(part.trim().replace(/^\[(.*)\]$/, '$1'));
    if (isIP(address) === 0) break;
    if (!trusted.includes(address)) return { address };
    farthest = address;
  }
  return { address: farthest, clientUnknown: true };
}

/** A byte sequence of a structured field (RFC 9440 section 2.1). */
const byteSequence = /^:([A-Za-z0-9+/]{1,12000}={0,2}):$/;

function forwardedCertificate(header: string | undefined): Buffer | undefined {
  const encoded = byteSequence.exec(header?.trim() ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

/** Parses a list of byte sequences (RFC 9440 section 2.3). Returns an empty list if it is malformed or has more than ten. */
function forwardedChain(header: string | undefined): Buffer[] {
  const parts = (header ?? '').split(',', 11).map((part) => forwardedCertificate(part));
  return parts.length <= 10 && parts.every((part) => part !== undefined) ? parts : [];
}

/** The longest chain of intermediates that is read. */
const maxChain = 10;

/** Returns the other end of a socket, with its client certificate if it sent one. */
export function peerAt(socket: Socket): Peer {
  const address = socket.remoteAddress ?? '';
  const own = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!own) return { address };
  const certificateChain: Buffer[] = [];
  for (
    let next = own.issuerCertificate;
    next && certificateChain.length < maxChain;
    next = next.issuerCertificate
  )
    certificateChain.push(next.raw);
  return { address, certificate: own.raw, certificateChain };
}

export const isProxy = ({ address }: Peer, trusted: TrustedProxies | undefined): boolean =>
  trusted?.includes(plain(address)) ?? false;

/**
 * Returns the peer of a connection. Accepts `X-Forwarded-For`, `Client-Cert` and `Client-Cert-Chain` (RFC
 * 9440) only from a trusted proxy, which must remove all three from its clients' requests if it terminates
 * TLS.
 */
export function peerOf(
  connection: Peer,
  headers: IncomingHttpHeaders,
  trusted: TrustedProxies | undefined,
): Peer {
  if (!trusted || !isProxy(connection, trusted)) return connection;
  const certificate = forwardedCertificate(last(headers['client-cert'] as string | string[] | undefined));
  return {
    ...forwardedFor(connection.address, last(headers['x-forwarded-for']), trusted),
    ...(certificate
      ? {
          certificate,
          certificateChain: forwardedChain(last(headers['client-cert-chain'])),
        }
      : {}),
  };
}
