import { pathHere, type ServiceHere } from '@alongside/kernel/in-process';
import { jsonOrUndefined } from '@alongside/kernel/json';
import { OutboundAgents, OutboundError, outbound } from '@alongside/kernel/outbound';
import { tracedCall } from './traces.ts';

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

/** The agent's calls to its configured servers. Keeps connections open; calls servers in the same process without one. */
export class Servers {
  readonly #agents = new OutboundAgents();
  readonly #here: ServiceHere | undefined;

  constructor(here?: ServiceHere) {
    this.#here = here;
  }

  /** @throws ServerCallError without a complete response in time; any status is a response. */
  call(call: ServerCall): Promise<ServerAnswer> {
    return tracedCall(call.method, call.url, (traceparent) => this.#send(call, traceparent));
  }

  async #send(
    { method, url, headers, json, milliseconds = 5_000 }: ServerCall,
    traceparent: string | undefined,
  ): Promise<ServerAnswer> {
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
    const trace: Record<string, string> = traceparent === undefined ? {} : { traceparent };
    const request = {
      headers: { accept: 'application/json', ...type, ...trace, ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    };
    const path = pathHere(this.#here, url);
    if (this.#here && path !== undefined && (method === 'GET' || method === 'POST')) {
      const { status, body } = await this.#here.ask(path, { method, ...request });
      return { status, body: jsonOrUndefined(body) };
    }
    try {
      const answer = await outbound(
        url,
        { privateAddresses: true, agents: this.#agents },
        { method, ...request, milliseconds },
      );
      return { status: answer.status, body: jsonOrUndefined(answer.body), date: answer.headers.date };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new ServerCallError(`${URL.parse(url)?.origin} gave no answer: ${error.message}`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.#agents.close();
  }
}
