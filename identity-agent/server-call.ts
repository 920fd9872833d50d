import http from 'node:http';
import https from 'node:https';
import { reasonOf } from '@alongside/kernel/errors';

/** Why a server gave no usable response, for the log. */
export class ServerCallError extends Error {
  override name = 'ServerCallError';
}

/** A server's response. `body` is undefined if it was empty or not JSON. */
export interface ServerAnswer {
  status: number;
  body: unknown;
  /** The `Date` header: the server's clock. */
  date?: string;
}

export interface ServerCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Time limit for the whole response; 5,000 by default. */
  milliseconds?: number;
}

const mostBytes = 1_048_576;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The agent's calls to its configured servers. Does not follow redirects; keeps connections open. */
export class Servers {
  readonly #plain = new http.Agent({ keepAlive: true, maxSockets: 16 });
  readonly #tls = new https.Agent({ keepAlive: true, maxSockets: 16 });

  /** @throws ServerCallError without a complete response in time; any status is a response. */
  async call(call: ServerCall): Promise<ServerAnswer> {
    try {
      return await this.#once(call);
    } catch (error) {
      // The server may have just closed a kept connection: the request never reached it, so a retry is safe.
      if ((error as { unsent?: boolean }).unsent) return await this.#once(call);
      throw error;
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }

  #once({ method, url, headers, json, milliseconds = 5_000 }: ServerCall): Promise<ServerAnswer> {
    return new Promise((resolve, reject) => {
      const body = json === undefined ? undefined : JSON.stringify(json);
      const secure = url.startsWith('https:');
      const options = {
        method,
        agent: secure ? this.#tls : this.#plain,
        headers: {
          accept: 'application/json',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      };
      const request = (secure ? https : http).request(url, options);
      const timer = setTimeout(
        () => request.destroy(new Error(`no whole answer within ${milliseconds} ms`)),
        milliseconds,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        const unsent = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        const reason = `${new URL(url).origin} gave no answer: ${reasonOf(error) || (error as NodeJS.ErrnoException).code}`;
        reject(Object.assign(new ServerCallError(reason, { cause: error }), { unsent }));
      };
      request.on('error', fail);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > mostBytes) request.destroy(new Error(`the answer is larger than ${mostBytes} bytes`));
          else parts.push(part);
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          resolve({
            status: response.statusCode ?? 0,
            body: parsed(Buffer.concat(parts).toString('utf8')),
            date: response.headers.date,
          });
        });
      });
      request.end(body);
    });
  }
}
