import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A test server on a free loopback port. */
export interface TestServer {
  /** `http://127.0.0.1:PORT` (or the given host name). */
  origin: string;
  close(): Promise<void>;
}

/** Starts a server; `listener` may be created once the origin is known. */
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

/** Returns the body of a request as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}
