import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
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

// The listener of an agent that runs alone. It has about twenty routes and one client and must be small and quick to start, so it
// replaces the kernel's. Endpoints see the same.

const agentName = 'the Identity Agent';
const limits = { body: 16_384, header: 16_384, connections: 128, milliseconds: 30_000 };

export interface AgentListenerOptions {
  log: Log;
  refusals?: RefusalRecorder | undefined;
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

function requestOf(incoming: IncomingMessage, body: string): Omit<HttpRequest, 'params'> {
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
  const manners = { name: 'identity-agent', ...options };
  const find = routeFinder(routes);

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(incoming);
      const request = requestOf(incoming, body ?? '');
      const { route, params, template } = find(request.method, request.path);
      const answer = await inTrace(request, { traces: options.traces, route: template }, () =>
        respond({ ...request, params }, body === undefined ? tooLong : route, manners),
      );
      send(outgoing, answer.with({ 'x-message-id': request.id }));
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
  server.maxConnections = limits.connections;
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(inOneSentence(error, port)));
        server.listen(port, '127.0.0.1', () => {
          try {
            requireOwnPorts([{ port, service: agentName }]);
            resolve();
          } catch (error) {
            server.close(() => reject(error as Error));
          }
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function inOneSentence(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return portTaken(
      port,
      agentName,
      'Stop the program that uses it or choose another --agent-port; "identity-agent doctor" names it.',
    );
  if (error.code === 'EACCES')
    return new OperatorError(
      `${portRefused(port)}, so ${agentName} cannot start. Choose another --agent-port.`,
    );
  return error;
}
