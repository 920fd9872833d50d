import { constants } from 'node:crypto';
import { Readable } from 'node:stream';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Answer, StreamAnswer, withSecurityHeaders } from './answer.ts';
import { Background } from './background.ts';
import { Connections } from './connections.ts';
import type { Refusal } from './errors.ts';
import { uuid } from './ids.ts';
import { kernelErrors } from './kernel-errors.ts';
import { answerMalformed, type OnMalformed } from './malformed.ts';
import { nearestPath } from './nearest-path.ts';
import { OperatorError } from './operator.ts';
import { type Peer, peerOf, type TrustedProxies } from './peer.ts';
import { portTaken, requireOwnPort } from './port-owner.ts';
import type { HttpRequest, Route } from './request.ts';
import {
  answerThrown,
  noteRefusal,
  nothingHere,
  type Responder,
  type RespondOptions,
  respond,
} from './respond.ts';
import { routeFinder, withoutCoveredMethods } from './route.ts';

export type { Endpoint, ErrorFormat, HttpRequest, Method, Route } from './request.ts';
export { everyMethod } from './request.ts';
export { plainError } from './respond.ts';

export interface ListenerOptions extends RespondOptions {
  /** Name in the log. */
  name: string;
  /** Whether clients use HTTPS under a name other than loopback's, here or at a proxy; false by default. */
  isHttps?: boolean;
  /** Stores the events of a request before its response; undefined if nothing waits to be stored. */
  flush?: () => Promise<void> | undefined;
  /** Responds to bytes that are not a valid request, such as oversized headers. The default is a plain JSON body. */
  onMalformed?: OnMalformed;
  /** Largest body in bytes; 64 KiB by default. */
  bodyLimit?: number;
  /** Proxies that may name their clients; none by default. */
  proxies?: TrustedProxies;
  /** Time limits for clients; each has a default. */
  timeouts?: Partial<Timeouts>;
  /** Certificate and key for HTTPS, as PEM. */
  tls?: {
    certificate: string;
    key: string;
    /** Requests a client certificate and accepts any; the endpoints validate it (RFC 8705 section 2.2). */
    clientCertificates: boolean;
  };
}

/** An HTTP server of one service. */
export interface Listener {
  readonly server: FastifyInstance;
  readonly routes: readonly Route[];
  /**
   * Starts listening. Port 0 uses a free port; a held one is shared with its holder. Resolves with the port.
   * Throws one clear sentence if the port is in use.
   */
  listen(port: number, host?: string, options?: { held?: boolean }): Promise<number>;
  /** Uses another certificate for new HTTPS connections; existing ones continue. Throws if the key does not match. */
  useCertificate(files: { certificate: string; key: string }): void;
  /** Keeps serving, but closes each connection after its next response, so that callers move to another process. */
  drain(): void;
  /** Ends streams and stops listening. Lets running requests finish, and cuts them off after the given milliseconds. */
  close(patience?: number): Promise<void>;
}

/** Media types with binary bodies. */
const binaryTypes = ['application/ocsp-request'];

const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(;|$)/;

function connectionOf({ socket }: FastifyRequest): Peer {
  const address = socket.remoteAddress ?? '';
  const own = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!own) return { address };
  const certificateChain: Buffer[] = [];
  for (let next = own.issuerCertificate; next && certificateChain.length < 10; next = next.issuerCertificate)
    certificateChain.push(next.raw);
  return { address, certificate: own.raw, certificateChain };
}

const toRequest = (request: FastifyRequest, proxies: TrustedProxies | undefined): HttpRequest => {
  const [path = '/', ...query] = request.raw.url?.split('?') ?? [];
  return {
    id: request.id,
    method: request.method,
    path,
    params: request.params ?? {},
    query: query.join('?'),
    headers: request.headers,
    rawHeaders: request.raw.rawHeaders,
    body: typeof request.body === 'string' ? request.body : '',
    ...(Buffer.isBuffer(request.body) ? { bytes: request.body } : {}),
    ...peerOf(connectionOf(request), request.headers, proxies),
    port: request.socket.remotePort ?? 0,
    connection: request.socket,
  };
};

/** Streaming responses of a listener. Once it closes, new ones end at once too. */
class Streams {
  readonly #open = new Set<AbortController>();
  #closing = false;

  add(gone: AbortController): void {
    this.#open.add(gone);
    if (this.#closing) gone.abort();
  }

  over(gone: AbortController): void {
    this.#open.delete(gone);
  }

  close(): void {
    this.#closing = true;
    for (const gone of this.#open) gone.abort();
  }
}

function send(reply: FastifyReply, answer: Answer, isHttps: boolean, streams: Streams): FastifyReply {
  reply.code(answer.status);
  const headers = withSecurityHeaders(answer.headers, isHttps);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  if (answer instanceof StreamAnswer) {
    const gone = new AbortController();
    streams.add(gone);
    reply.raw.once('close', () => {
      streams.over(gone);
      gone.abort();
    });
    return reply.send(Readable.from(answer.chunks(gone.signal)));
  }
  if (answer.body.length === 0) return reply.send();
  // As bytes: for text, the server would add a charset to the Content-Type, which must match the published
  // one.
  return reply.send(Buffer.from(answer.body as Uint8Array));
}

interface ServerError {
  statusCode?: number;
  message: string;
}

/** Returns the error of a request that Fastify refused before its endpoint. */
function refusedBefore(error: ServerError): ServerError | Refusal {
  const { statusCode = 500, message } = error;
  if (statusCode >= 500) return error;
  return (statusCode === 413 ? kernelErrors.bodyTooLarge : kernelErrors.requestMalformed)(message);
}

/** Time limits for clients, in milliseconds. */
interface Timeouts {
  /** For the TLS handshake and for the headers of a request. */
  headers: number;
  /** For a whole request. */
  request: number;
  /** Interval of the checks. */
  check: number;
}

const usualTimeouts: Timeouts = { headers: 10_000, request: 30_000, check: 1_000 };
/** Milliseconds that running requests may take after a listener closes. */
const lastRequests = 30_000;

type Tls = NonNullable<ListenerOptions['tls']>;

/** TLS options that a new certificate replaces. TLS 1.2 with forward secrecy, or newer (RFC 9325 section 4.2). */
const secureOptions = ({ certificate, key, clientCertificates }: Tls) => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2' as const,
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM',
  // A resumed session keeps the client's certificate, but not its intermediates.
  ...(clientCertificates ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
});

function serverOptions(tls: ListenerOptions['tls'], timeouts: Timeouts) {
  const limits = {
    maxHeaderSize: 16_384,
    insecureHTTPParser: false,
    headersTimeout: timeouts.headers,
    connectionsCheckingInterval: timeouts.check,
  };
  return tls
    ? {
        https: {
          ...limits,
          handshakeTimeout: timeouts.headers,
          ...secureOptions(tls),
          requestCert: tls.clientCertificates,
          rejectUnauthorized: false,
        },
      }
    : { http: limits };
}

/** Creates the HTTP server of one service from its routes. */
export function createListener(routes: readonly Route[], options: ListenerOptions): Listener {
  const background = new Background();
  const reachable = withoutCoveredMethods(routes);
  const find = routeFinder(reachable);
  const respondOptions = options.development ? { ...options, nearestPath: nearestPath(routes) } : options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const server = Fastify({
    logger: false,
    genReqId: uuid,
    bodyLimit: options.bodyLimit ?? 65_536,
    exposeHeadRoutes: false,
    keepAliveTimeout: 30_000,
    requestTimeout: timeouts.request,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => {
      background.run(options.log, 'bytes that are no request got no answer', () =>
        answerMalformed(error, socket, options),
      );
    },
    // A path that cannot be decoded matches no route, but the format of its errors can still be determined.
    frameworkErrors: (error, raw, reply) => {
      const { path } = toRequest(raw, options.proxies);
      const endpoint = async () => Promise.reject(kernelErrors.addressDamaged(error.message));
      const { route } = find(undefined, path) ?? {};
      background.run(options.log, 'a damaged address got no answer', () =>
        handle(raw, reply, { ...route, endpoint }),
      );
    },
    // Serves requests that arrive while the listener closes.
    return503OnClosing: false,
    ...serverOptions(options.tls, timeouts),
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 65_536 },
  });
  // The endpoint refuses an invalid Content-Type in its own format.
  server.addHook('onRequest', (request, _reply, done) => {
    const type = request.raw.headers['content-type'];
    if (type !== undefined && !mediaType.test(type))
      request.raw.headers['content-type'] = 'application/octet-stream';
    done();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  for (const type of binaryTypes)
    server.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  // Streams would otherwise keep a closing server open.
  const streams = new Streams();
  const connections = new Connections(server.server);
  let isDraining = false;
  server.addHook('preClose', async () => {
    streams.close();
    connections.endUnused();
  });

  const handle = async (
    raw: FastifyRequest,
    reply: FastifyReply,
    route: Responder,
  ): Promise<FastifyReply> => {
    const request = toRequest(raw, options.proxies);
    let answer = await respond(request, route, respondOptions);
    try {
      await options.flush?.();
    } catch (error) {
      answer = noteRefusal(await answerThrown(error, request, route), request, respondOptions);
    }
    if (isDraining) reply.header('connection', 'close');
    return send(reply, answer, options.isHttps ?? false, streams);
  };

  const inFormatOf = (route: Responder) => (error: ServerError, raw: FastifyRequest, reply: FastifyReply) =>
    handle(raw, reply, { ...route, endpoint: () => Promise.reject(refusedBefore(error)) });
  for (const route of reachable) {
    server.route({
      method: [...route.methods],
      url: route.path,
      ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
      errorHandler: inFormatOf(route),
      handler: (raw, reply) => handle(raw, reply, route),
    });
  }
  server.setNotFoundHandler((raw, reply) => handle(raw, reply, nothingHere));
  server.setErrorHandler(inFormatOf(nothingHere));
  return {
    server,
    routes,
    async listen(port, host = '127.0.0.1', { held = false } = {}) {
      try {
        const place = { port, host, reusePort: held };
        await server.listen(place);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EADDRINUSE')
          throw portTaken(port, options.name, 'Stop what uses it or choose another --port-base.');
        if (code === 'EACCES')
          throw new OperatorError(
            `Port ${port} needs rights that this user lacks, so ${options.name} cannot start.`,
          );
        throw error;
      }
      const address = server.server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      try {
        requireOwnPort(taken, options.name);
      } catch (error) {
        await server.close();
        throw error;
      }
      return taken;
    },
    useCertificate(files) {
      if (options.tls && server.server instanceof TlsServer)
        server.server.setSecureContext(secureOptions({ ...options.tls, ...files }));
    },
    drain() {
      isDraining = true;
    },
    async close(patience = lastRequests) {
      isDraining = true;
      const timer = setTimeout(() => {
        const cut = connections.endAll();
        options.log.warn({ listener: options.name, cut }, 'requests in flight were cut');
      }, patience);
      await server.close().finally(() => clearTimeout(timer));
      await background.settled();
    },
  };
}
