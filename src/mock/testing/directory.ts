import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { paths } from '../../cis/protocol.ts';
import { people } from './people.ts';

/** A substitute for the directory of CIS with the people of the tests. */
export interface Directory {
  url: string;
  /** Responds with 500 to everything while true. */
  down: boolean;
  stop(): Promise<void>;
}

export async function startDirectory(secret: string): Promise<Directory> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://cis.test');
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (directory.down) return answer(500, {});
    if (request.headers.authorization !== `Bearer ${secret}`) return answer(401, {});
    const persona = url.searchParams.get('persona');
    if (url.pathname === paths.people)
      return answer(200, { people: people.filter((one) => one.persona === persona), next: null });
    const found = people.find(({ uid }) => url.pathname === paths.person(uid));
    return found ? answer(200, found) : answer(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const directory: Directory = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    down: false,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return directory;
}
