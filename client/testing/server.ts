import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A test's HTTP server on a free port of loopback. */
export interface TestServer {
  /** `http://127.0.0.1:PORT` (or the host name that was asked for). */
  origin: string;
  close(): Promise<void>;
}

/** Starts a server; `listener` may be made once the origin is known. */
export async function serve(
  listener: (origin: string) => RequestListener,
  host = '127.0.0.1',
): Promise<TestServer> {
  let handle: RequestListener = (_request, response) => response.end();
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  handle = listener(origin);
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The body of a request as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}
