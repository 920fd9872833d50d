import { constants } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Server } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { http } from './node-http.ts';
import { OperatorError } from './operator.ts';
import { portRefused, portTaken } from './port-owner.ts';

// The socket of a listener: its limits, its TLS, and the port on which it listens.

/** Time limits for clients, in milliseconds. */
export interface Timeouts {
  /** For the TLS handshake and for the headers of a request. */
  headers: number;
  /** For a whole request. */
  request: number;
  /** Interval of the checks. */
  check: number;
  /** For the client to close a connection that a refusal ends. */
  linger: number;
}

export const defaultTimeouts: Timeouts = { headers: 10_000, request: 30_000, check: 1_000, linger: 2_000 };
/** Milliseconds for which an unused connection stays open. */
const keepAlive = 30_000;

/** Certificate and key for HTTPS, as PEM. */
export interface Tls {
  certificate: string;
  key: string;
  /** Requests a client certificate and accepts any; the endpoints validate it (RFC 8705 section 2.2). */
  clientCertificates: boolean;
}

/** TLS options that a new certificate replaces. TLS 1.2 with forward secrecy, or newer (RFC 9325 section 4.2). */
export const secureOptions = ({ certificate, key, clientCertificates }: Tls) => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2' as const,
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM',
  secureOptions:
    // Costs the server more than the client; nothing here needs it (RFC 9325 section 3.5).
    constants.SSL_OP_NO_RENEGOTIATION |
    // A resumed session keeps the client's certificate, but not its intermediates.
    (clientCertificates ? constants.SSL_OP_NO_TICKET : 0),
});

export function createServerFor(tls: Tls | undefined, timeouts: Timeouts): Server {
  const limits = {
    maxHeaderSize: 16_384,
    insecureHTTPParser: false,
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    keepAliveTimeout: keepAlive,
    connectionsCheckingInterval: timeouts.check,
  };
  if (!tls) return http.createServer(limits);
  return https.createServer({
    ...limits,
    handshakeTimeout: timeouts.headers,
    ...secureOptions(tls),
    requestCert: tls.clientCertificates,
    rejectUnauthorized: false,
  });
}

interface Place {
  port: number;
  host: string;
  reusePort: boolean;
}

/** Listens at a place; at the name `localhost`, at all its addresses. */
export async function listenAt(server: Server, place: Place): Promise<void> {
  server.listen(place);
  await once(server, 'listening');
  if (place.host !== 'localhost') return;
  const { address: first, port } = server.address() as AddressInfo;
  for (const { address } of await lookup(place.host, { all: true })) {
    if (address === first) continue;
    const other = createServer({ allowHalfOpen: !(server instanceof TlsServer), noDelay: true }, (socket) =>
      server.emit('connection', socket),
    );
    server.once('close', () => other.close());
    // This machine may lack the address.
    other.on('error', () => other.close()).listen({ ...place, host: address, port });
  }
}

/** The flags that choose the port and the address of a listener. */
export interface PlaceFlags {
  port: string;
  host: string;
}

/** Returns one clear sentence for the usual errors of listening. */
export function listenError(
  error: unknown,
  { port, host }: Pick<Place, 'port' | 'host'>,
  { name, flags = { port: '--port-base', host: '--host' } }: { name: string; flags?: PlaceFlags },
): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return portTaken(port, name, `Stop what uses it or choose another ${flags.port}.`);
  if (code === 'EACCES')
    return new OperatorError(`${portRefused(port)}, so ${name} cannot start. Choose another ${flags.port}.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new OperatorError(
      `${host} is not an address of this machine, so ${name} cannot start. Choose another ${flags.host}.`,
    );
  return error;
}
