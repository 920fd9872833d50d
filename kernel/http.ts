import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Activity, noteAnswer, observed } from './activity.ts';
import { type Sending, StreamAnswer, send, stream } from './answer.ts';
import { Background } from './background.ts';
import { Connections } from './connections.ts';
import { Refusal, reasonOf } from './errors.ts';
import {
  ambiguous,
  answerMalformed,
  defaultBodyLimit,
  hasBody,
  incomingOf,
  type OnMalformed,
  readBody,
  requestOf,
  targetOf,
} from './incoming.ts';
import { nearestPath } from './nearest-path.ts';
import { peerOf, type TrustedProxies } from './peer.ts';
import type { Route } from './request.ts';
import { type RespondOptions, refusing, respond, respondToError } from './respond.ts';
import { routeFinder } from './route.ts';
import {
  createServerFor,
  defaultTimeouts,
  listenAt,
  listenError,
  type PlaceFlags,
  secureOptions,
  type Timeouts,
  type Tls,
} from './server-socket.ts';
import { Turns } from './turns.ts';

export type { Endpoint, ErrorFormat, HttpRequest, Incoming, Method, Route } from './request.ts';
export { everyMethod, isShownToUser } from './request.ts';
export { plainError } from './respond.ts';

export interface ListenerOptions extends RespondOptions {
  /** Name in the log. */
  name: string;
  /** The flags that choose its port and its address; `--port-base` and `--host` by default. */
  flags?: PlaceFlags;
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
  tls?: Tls;
}

/** An HTTP server of one service. */
export interface Listener {
  readonly server: Server;
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
  close(timeout?: number): Promise<void>;
}

/** Streaming responses of a listener. Once it closes, new ones end at once too. */
class Streams {
  readonly #open = new Set<AbortController>();
  #isClosing = false;

  async send(response: ServerResponse, answer: StreamAnswer, sending: Sending): Promise<void> {
    const gone = new AbortController();
    this.#open.add(gone);
    if (this.#isClosing || response.destroyed) gone.abort();
    response.once('close', () => {
      this.#open.delete(gone);
      gone.abort();
    });
    await stream(response, answer, sending, gone);
  }

  close(): void {
    this.#isClosing = true;
    for (const gone of this.#open) gone.abort();
  }
}

/** Milliseconds that running requests may take after a listener closes. */
const lastRequests = 30_000;

/** Codes of errors that a client causes when it closes its connection during a response. */
const clientLeft = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

/** Creates the HTTP server of one service from its routes. */
export function createListener(routes: readonly Route[], options: ListenerOptions): Listener {
  const { log, name, proxies, flush, observer, isHttps = false, bodyLimit = defaultBodyLimit } = options;
  const background = new Background();
  const find = routeFinder(routes);
  const respondOptions = options.development ? { ...options, nearestPath: nearestPath(routes) } : options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const server = createServerFor(options.tls, timeouts);
  const connections = new Connections(server, proxies);
  const turns = new Turns();
  // Streams would otherwise keep a closing server open.
  const streams = new Streams();
  /** Number of running endpoints. The client of some may have left. */
  let served = 0;
  let whenServed = (): void => undefined;
  let isDraining = false;
  let closing: Promise<void> | undefined;

  async function serve(raw: IncomingMessage, response: ServerResponse, seen?: Activity): Promise<void> {
    const { peer, isProxy, isTraceTrusted } = connections.begin(raw, response);
    const target = targetOf(raw.url ?? '/');
    const { route, params, template, isDamaged } = find(raw.method ?? '', target.path);
    const refused = ambiguous(raw);
    const incoming = route.readsBody && !refused ? incomingOf(raw, response) : undefined;
    const isRead = incoming === undefined && hasBody(raw) && !isDamaged;
    const body = refused ?? (isRead ? await readBody(raw, route.bodyLimit ?? bodyLimit) : undefined);
    const isRefused = body instanceof Refusal;
    const sender = isProxy ? peerOf(peer, raw.headers, proxies) : peer;
    const request = requestOf(raw, target, params, isRefused ? undefined : body, sender, incoming, seen);
    seen?.follow(request, template, route, isTraceTrusted);
    const failed = (error: unknown) => respondToError(error, request, route, respondOptions);
    let answer = await respond(request, isRefused ? refusing(route, body) : route, respondOptions);
    try {
      const flushing = flush?.();
      if (flushing) await flushing;
    } catch (error) {
      answer = await failed(error);
    }
    // An unread rest of the body would precede the next request on this connection.
    const isUnread = isRefused || (incoming?.body !== undefined && !raw.complete);
    const sending = { id: request.id, isHttps, closes: isDraining || isUnread };
    try {
      if (seen) noteAnswer(seen, answer);
      if (answer instanceof StreamAnswer) await streams.send(response, answer, sending);
      else send(response, answer, sending);
    } catch (error) {
      if (response.headersSent || response.destroyed) throw error;
      for (const header of response.getHeaderNames()) response.removeHeader(header);
      response.statusMessage = '';
      answer = await failed(error);
      if (seen) noteAnswer(seen, answer);
      send(response, answer, sending);
    }
  }

  const handle = (raw: IncomingMessage, response: ServerResponse): Promise<void> =>
    observer
      ? observed(observer, new Activity(name, raw.method ?? ''), (seen) => serve(raw, response, seen))
      : serve(raw, response);

  const handled = (): void => {
    served -= 1;
    if (served === 0) whenServed();
  };
  const begin = (raw: IncomingMessage, response: ServerResponse): void => {
    served += 1;
    handle(raw, response).then(handled, (error: NodeJS.ErrnoException | Refusal) => {
      if (error instanceof Refusal)
        log.info({ listener: name, reason: error.entry.id, detail: error.detail }, 'a response was ended');
      else if (!clientLeft.has(error.code ?? ''))
        log.error({ listener: name, reason: reasonOf(error) }, 'a response broke off');
      response.destroy();
      handled();
    });
  };
  server.on('request', (raw, response) => turns.take(raw, response, () => begin(raw, response)));
  server.on('clientError', (error, socket) => {
    background.run(log, 'bytes that are no request got no answer', () =>
      answerMalformed(error, socket as Socket, { ...options, linger: timeouts.linger }),
    );
  });

  async function close(timeout: number): Promise<void> {
    isDraining = true;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const cut = connections.endAll();
        log.warn({ listener: name, cut }, 'requests in flight were cut');
        resolve();
      }, timeout);
    });
    // Node would close new connections too; `connections` knows which are idle.
    server.closeIdleConnections = () => undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    streams.close();
    connections.endUnused();
    await closed;
    const allServed = new Promise<void>((resolve) => {
      whenServed = resolve;
    });
    if (served > 0) await Promise.race([allServed, over]);
    clearTimeout(timer);
    await background.settled();
  }

  return {
    server,
    routes,
    async listen(port, host = '127.0.0.1', { held = false } = {}) {
      await listenAt(server, { port, host, reusePort: held }).catch((error) => {
        throw listenError(error, { port, host }, options);
      });
      return (server.address() as AddressInfo).port;
    },
    useCertificate(files) {
      if (options.tls && server instanceof TlsServer)
        server.setSecureContext(secureOptions({ ...options.tls, ...files }));
    },
    drain() {
      isDraining = true;
    },
    close(timeout = lastRequests) {
      closing ??= close(timeout);
      return closing;
    },
  };
}
