import type { TestServer } from './server.ts';
import { bodyOf, serve } from './server.ts';

/** A recorded call. */
export interface PlatformCall {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  form: Record<string, string>;
}

/** A response of the stub: a status, a JSON body, headers. */
export interface PlatformAnswer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Closes the connection instead. */
  drop?: true;
}

/** A stub that responds like the published authorisation service and its APIs, and records the calls. */
export interface TestPlatform extends TestServer {
  calls: PlatformCall[];
  /** The next responses in order; the last one is repeated. */
  answers: PlatformAnswer[];
}

/** The published response to a code, with all numbers as strings. */
export const PUBLISHED_TOKENS = {
  access_token: 'Gzjxmf2rBoy8Amyba_I8R2njcOU',
  expires_in: '599',
  refresh_token: 'aUmDTUR9sPYs2X8wMV4Qp8kG3c1r9jxZ',
  refresh_token_expires_in: '43199',
  refresh_count: '0',
  token_type: 'Bearer',
};

export async function startPlatform(...answers: PlatformAnswer[]): Promise<TestPlatform> {
  const calls: PlatformCall[] = [];
  const queue = [...answers];
  const server = await serve(() => async (request, response) => {
    const body = await bodyOf(request);
    const form = Object.fromEntries(new URLSearchParams(body));
    calls.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      form,
    });
    const answer = (queue.length > 1 ? queue.shift() : queue[0]) ?? {};
    if (answer.drop) return void request.socket.destroy();
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(
      typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? PUBLISHED_TOKENS),
    );
  });
  return { ...server, calls, answers: queue };
}
