import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Changes that a faulty provider makes to a response. */
export interface Tampering {
  /** Changes the target of a redirect. */
  redirect?(location: URL): void;
  /** Changes a JSON body; `path` is that of the request. */
  body?(body: Record<string, unknown>, path: string): void;
  /** Changes status and headers; `asked` is the address of the request. */
  answer?(answer: { status: number; headers: http.IncomingHttpHeaders }, asked: URL): void;
}

/** A provider's public address, which proxies it and makes it faulty. */
export interface Front {
  address: string;
  /** Forwards requests to this port from now on. */
  before(port: number): void;
  tamper(tampering: Tampering): void;
  stop(): void;
}

export async function startFront(): Promise<Front> {
  let port = 0;
  let tampering: Tampering = {};
  const server = http.createServer((request, response) => {
    const { method, url = '/', headers } = request;
    const path = url.split('?')[0] ?? '';
    const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const changed = { status: answer.statusCode ?? 500, headers: { ...answer.headers } };
        const told = changed.headers;
        let body = Buffer.concat(parts);
        if (told.location !== undefined && tampering.redirect) {
          const location = new URL(told.location, `http://127.0.0.1:${port}`);
          tampering.redirect(location);
          told.location = location.href;
        }
        if (told['content-type']?.startsWith('application/json') && tampering.body && body.length > 0) {
          const parsed = JSON.parse(body.toString()) as Record<string, unknown>;
          tampering.body(parsed, path);
          body = Buffer.from(JSON.stringify(parsed));
          told['content-length'] = String(body.length);
        }
        tampering.answer?.(changed, new URL(url, `http://127.0.0.1:${port}`));
        response.writeHead(changed.status, told);
        response.end(body);
      });
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    before(behind) {
      port = behind;
    },
    tamper(wanted) {
      tampering = wanted;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
