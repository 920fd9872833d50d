import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An endpoint that stores the forms posted to it, by path. */
export interface Inbox {
  url: string;
  received: { path: string; form: URLSearchParams }[];
  answer: { status: number; body: string };
  stop(): Promise<void>;
}

export async function startInbox(): Promise<Inbox> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      inbox.received.push({ path: request.url ?? '', form: new URLSearchParams(body) });
      response.writeHead(inbox.answer.status).end(inbox.answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const inbox: Inbox = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: { status: 200, body: '{"success": true}' },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return inbox;
}
