import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import type { Platform } from '../../src/authorisation/testing/platform.ts';

/** The response to one request of a race. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  location: URL | undefined;
  cookie: string;
}

type Send = (
  method: 'GET' | 'POST',
  path: string,
  form?: Record<string, string>,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Several processes of the service, on one database. */
export interface Processes {
  /** Sends a request to the process with this number. */
  send(number: number, ...request: Parameters<Send>): Promise<Answer>;
  /** Fetches another address on this machine. */
  visit(address: URL): Promise<Answer>;
  stop(): Promise<void>;
}

const worker = new URL('./worker.ts', import.meta.url);

function startOne(start: object): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(worker, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a process ended with ${code}`)));
    child.once('message', (message) => resolve({ child, port: (message as { port: number }).port }));
    child.send(start);
  });
}

function readBody(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Sends over kept connections, because opening one would cost more than the request. */
function senderTo(agent: Agent, port: number): Send {
  return (method, path, form, headers = {}) => {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    return new Promise((resolve, reject) => {
      const call = request(
        { port, host: '127.0.0.1', agent, method, path, headers: { ...type, ...headers } },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: readBody(Buffer.concat(parts).toString()),
              location: answer.headers.location ? new URL(answer.headers.location) : undefined,
              cookie: (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; '),
            }),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  };
}

/** Starts this many processes besides the platform that seeded the database. */
export async function startProcesses(
  count: number,
  database: string,
  platform: Platform,
): Promise<Processes> {
  const start = {
    database,
    master: Buffer.from(platform.master).toString('base64'),
    issuer: platform.provider.issuer,
  };
  const running = await Promise.all(Array.from({ length: count }, () => startOne(start)));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const senders = running.map(({ port }) => senderTo(agent, port));
  return {
    async send(number, ...request) {
      const send = senders[number % count];
      if (!send) throw new Error('no process of this number');
      return send(...request);
    },
    visit: ({ port, pathname, search }) => senderTo(agent, Number(port))('GET', pathname + search),
    async stop() {
      agent.destroy();
      for (const { child } of running) {
        child.removeAllListeners('exit');
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}
