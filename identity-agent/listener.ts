import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest, Incoming, Route } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
import { incomingOf } from '@alongside/kernel/incoming';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import type { Log } from '@alongside/kernel/log';
import { http } from '@alongside/kernel/node-http';
import { OperatorError } from '@alongside/kernel/operator';
import { portRefused, portTaken, requireOwnPorts } from '@alongside/kernel/port-owner';
import type { RefusalRecorder } from '@alongside/kernel/refusals';
import { respond } from '@alongside/kernel/respond';
import { routeFinder } from '@alongside/kernel/route';
import { Turns } from '@alongside/kernel/turns';
import { inTrace, type Traces } from './traces.ts';

// The listener of an agent that runs alone, and of Credential Management. It has about twenty routes and one client and must be small
// and quick to start, so it replaces the kernel's. Endpoints see the same.

/** What is served, and what to do about a port that is not available, for messages. */
interface Served {
  service: string;
  /** About a port that is in use. */
  inUse: string;
  /** About one that the system refuses. */
  refused: string;
}

const theAgent: Served = {
  service: 'the Identity Agent',
  inUse: 'Stop the program that uses it or choose another --agent-port; "identity-agent doctor" names it.',
  refused: 'Choose another --agent-port.',
};
const limits = { body: 16_384, header: 16_384, connections: 128, milliseconds: 30_000 };

export interface AgentListenerOptions {
  log: Log;
  /** Its name in the log; `identity-agent` by default. */
  name?: string;
  /** The Identity Agent by default. */
  served?: Served;
  /** Maximum number of connections at once. */
  connections?: number;
  refusals?: RefusalRecorder | undefined;
  /** Whether responses say why a request was refused. */
  development?: boolean;
  /** Sends a span for each request. */
  traces?: Traces | undefined;
  before(request: HttpRequest): Answer | undefined;
}

export interface AgentListener {
  /** @throws OperatorError if the port is not available */
  listen(port: number): Promise<void>;
  close(): Promise<void>;
}

/** Returns the body; undefined when it is too long. */
async function bodyOf(incoming: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  // A destroyed request would take the socket of the answer with it.
  for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limits.body) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function requestOf(
  incoming: IncomingMessage,
  body: string,
  unread: Incoming | undefined,
): Omit<HttpRequest, 'params'> {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  return {
    id: uuid(),
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    address: incoming.socket.remoteAddress ?? '',
    port: incoming.socket.remotePort ?? 0,
    localAddress: incoming.socket.localAddress,
    connection: incoming.socket,
    incoming: unread,
  };
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  outgoing.writeHead(status, { ...headers, 'content-length': bytes.length });
  outgoing.end(bytes);
}

const tooLong: Pick<Route, 'endpoint'> = {
  endpoint: async () =>
    json(413, { error: 'invalid_request' }, { connection: 'close' }).refusing(
      kernelErrors.bodyTooLarge(`the body is longer than ${limits.body} bytes`),
    ),
};

export function createAgentListener(routes: readonly Route[], options: AgentListenerOptions): AgentListener {
  const { served = theAgent } = options;
  const manners = { name: 'identity-agent', ...options };
  const find = routeFinder(routes);
  let isClosing = false;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const [path = '/'] = (incoming.url ?? '/').split('?');
      const { route, params, template } = find(incoming.method ?? 'GET', path);
      const unread = route.readsBody ? incomingOf(incoming, outgoing) : undefined;
      const body = unread ? '' : await bodyOf(incoming);
      const request = requestOf(incoming, body ?? '', unread);
      const answer = await inTrace(request, { traces: options.traces, route: template }, () =>
        respond({ ...request, params }, body === undefined ? tooLong : route, manners),
      );
      // An unread rest of the body would precede the next request on this connection.
      const closes = isClosing || (unread?.body !== undefined && !incoming.complete);
      const headers = { 'x-message-id': request.id, ...(closes ? { connection: 'close' } : {}) };
      send(outgoing, answer.with(headers));
    } catch {
      incoming.socket.destroy();
    }
  }

  const turns = new Turns();
  const server = http.createServer(
    {
      maxHeaderSize: limits.header,
      requestTimeout: limits.milliseconds,
      keepAliveTimeout: limits.milliseconds,
    },
    (incoming, outgoing) => turns.take(incoming, outgoing, () => void serve(incoming, outgoing)),
  );
  server.maxConnections = options.connections ?? limits.connections;
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(inOneSentence(error, port, served)));
        server.listen(port, '127.0.0.1', () => {
          try {
            requireOwnPorts([{ port, service: served.service }]);
            resolve();
          } catch (error) {
            server.close(() => reject(error as Error));
          }
        });
      }),
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function inOneSentence(
  error: NodeJS.ErrnoException,
  port: number,
  { service, inUse, refused }: Served,
): Error {
  if (error.code === 'EADDRINUSE') return portTaken(port, service, inUse);
  if (error.code === 'EACCES')
    return new OperatorError(`${portRefused(port)}, so ${service} cannot start. ${refused}`);
  return error;
}
