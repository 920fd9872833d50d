import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An endpoint of a relying party that stores every post. */
export interface RpEndpoint {
  url: string;
  received: URLSearchParams[];
  /** Its response, which a test may change. */
  answer: { status: number; body: string };
  stop(): Promise<void>;
}

export async function startRpEndpoint(): Promise<RpEndpoint> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      if (request.method === 'POST') endpoint.received.push(new URLSearchParams(text));
      response.writeHead(endpoint.answer.status).end(endpoint.answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: RpEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/backchannel-logout`,
    received: [],
    answer: { status: 200, body: '{}' },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return endpoint;
}
