import http from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Number of concurrent requests, unless a benchmark says otherwise. */
export const lanes = 16;

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Closes unused connections: the server may close them at the moment in which the next request is sent. */
export const closeUnused = (): void => {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
};

interface Sent {
  readonly method?: string;
  readonly body?: string | undefined;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** Sends one request over a kept connection; a form makes it a POST. */
export function call(
  address: string,
  { form, body = form && new URLSearchParams(form).toString(), headers = {}, ...sent }: Sent = {},
): Promise<Reply> {
  const method = sent.method ?? (form ? 'POST' : 'GET');
  const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
  return new Promise((resolve, reject) => {
    const request = http.request(address, { agent, method, headers: { ...type, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (bytes: Buffer) => parts.push(bytes));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Same as `call`; throws unless the response has this status. */
export async function demand(status: number, ...args: Parameters<typeof call>): Promise<Reply> {
  const reply = await call(...args);
  if (reply.status !== status)
    throw new Error(`${args[0]} answered ${reply.status}, not ${status}: ${reply.body}`);
  return reply;
}

/** Parses the JSON of a response. */
export const json = ({ body }: Reply): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;
