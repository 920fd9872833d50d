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
export const createListener = (routes: readonly Route[], options: ListenerOptions): Listener =>
  new ServiceListener(routes, options);

class ServiceListener implements Listener {
  readonly server: Server;
  readonly routes: readonly Route[];
  readonly #options: ListenerOptions;
  readonly #respondOptions: RespondOptions;
  readonly #find: ReturnType<typeof routeFinder>;
  readonly #background = new Background();
  readonly #connections: Connections;
  readonly #streams = new Streams();
  /** Number of running endpoints. The client of some may have left. */
  #served = 0;
  #whenServed = (): void => undefined;
  #isDraining = false;
  #closing: Promise<void> | undefined;

  constructor(routes: readonly Route[], options: ListenerOptions) {
    this.routes = routes;
    this.#options = options;
    this.#respondOptions = options.development ? { ...options, nearestPath: nearestPath(routes) } : options;
    this.#find = routeFinder(routes);
    const timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.server = createServerFor(options.tls, timeouts);
    this.#connections = new Connections(this.server, options.proxies);
    const turns = new Turns();
    this.server.on('request', (raw, response) => turns.take(raw, response, () => this.#begin(raw, response)));
    this.server.on('clientError', (error, socket) => {
      this.#background.run(options.log, 'bytes that are no request got no answer', () =>
        answerMalformed(error, socket as Socket, { ...options, linger: timeouts.linger }),
      );
    });
  }

  async listen(port: number, host = '127.0.0.1', { held = false } = {}): Promise<number> {
    await listenAt(this.server, { port, host, reusePort: held }).catch((error) => {
      throw listenError(error, { port, host }, this.#options);
    });
    return (this.server.address() as AddressInfo).port;
  }

  useCertificate(files: { certificate: string; key: string }): void {
    const { tls } = this.#options;
    if (tls && this.server instanceof TlsServer)
      this.server.setSecureContext(secureOptions({ ...tls, ...files }));
  }

  drain(): void {
    this.#isDraining = true;
  }

  close(timeout = lastRequests): Promise<void> {
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  #begin(raw: IncomingMessage, response: ServerResponse): void {
    const { log, name } = this.#options;
    this.#served += 1;
    this.#handle(raw, response).then(
      () => this.#handled(),
      (error: NodeJS.ErrnoException | Refusal) => {
        if (error instanceof Refusal)
          log.info({ listener: name, reason: error.entry.id, detail: error.detail }, 'a response was ended');
        else if (!clientLeft.has(error.code ?? ''))
          log.error({ listener: name, reason: reasonOf(error) }, 'a response broke off');
        response.destroy();
        this.#handled();
      },
    );
  }

  #handled(): void {
    this.#served -= 1;
    if (this.#served === 0) this.#whenServed();
  }

  #handle(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const { observer, name } = this.#options;
    return observer
      ? observed(observer, new Activity(name, raw.method ?? ''), (seen) => this.#serve(raw, response, seen))
      : this.#serve(raw, response);
  }

  async #serve(raw: IncomingMessage, response: ServerResponse, seen?: Activity): Promise<void> {
    const { proxies, flush, isHttps = false, bodyLimit = defaultBodyLimit } = this.#options;
    const { peer, isProxy, isTraceTrusted } = this.#connections.begin(raw, response);
    const target = targetOf(raw.url ?? '/');
    const { route, params, template, isDamaged } = this.#find(raw.method ?? '', target.path);
    const refused = ambiguous(raw);
    const incoming = route.readsBody && !refused ? incomingOf(raw, response) : undefined;
    const isRead = incoming === undefined && hasBody(raw) && !isDamaged;
    const body = refused ?? (isRead ? await readBody(raw, route.bodyLimit ?? bodyLimit) : undefined);
    const isRefused = body instanceof Refusal;
    const sender = isProxy ? peerOf(peer, raw.headers, proxies) : peer;
    const request = requestOf(raw, target, params, isRefused ? undefined : body, sender, incoming, seen);
    seen?.follow(request, template, route, isTraceTrusted);
    const failed = (error: unknown) => respondToError(error, request, route, this.#respondOptions);
    let answer = await respond(request, isRefused ? refusing(route, body) : route, this.#respondOptions);
    try {
      const flushing = flush?.();
      if (flushing) await flushing;
    } catch (error) {
      answer = await failed(error);
    }
    // An unread rest of the body would precede the next request on this connection.
    const isUnread = isRefused || (incoming?.body !== undefined && !raw.complete);
    const sending = { id: request.id, isHttps, closes: this.#isDraining || isUnread };
    try {
      if (seen) noteAnswer(seen, answer);
      if (answer instanceof StreamAnswer) await this.#streams.send(response, answer, sending);
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

  async #close(timeout: number): Promise<void> {
    const { log, name } = this.#options;
    this.#isDraining = true;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const cut = this.#connections.endAll();
        log.warn({ listener: name, cut }, 'requests in flight were cut');
        resolve();
      }, timeout);
    });
    // Node would close new connections too; `Connections` knows which are idle.
    this.server.closeIdleConnections = () => undefined;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // Streams would otherwise keep the server open.
    this.#streams.close();
    this.#connections.endUnused();
    await closed;
    const allServed = new Promise<void>((resolve) => {
      this.#whenServed = resolve;
    });
    if (this.#served > 0) await Promise.race([allServed, over]);
    clearTimeout(timer);
    await this.#background.settled();
  }
}
