import http from 'node:http';

/** A response of Credential Management. */
export interface WireAnswer<T = Record<string, unknown>> {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: T;
}

export interface WireRequest {
  method?: string;
  headers?: Record<string, string | undefined>;
  body?: string;
  signal?: AbortSignal;
  /** Reuses connections; by default, each request has one of its own. */
  agent?: http.Agent;
}

/** Sends a request as a page of this origin would. */
export const callWire = <T = Record<string, unknown>>(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, signal, agent }: WireRequest = {},
): Promise<WireAnswer<T>> =>
  new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: sent as Record<string, string>,
        signal,
        agent: agent ?? false,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => {
          const isJson = answer.headers['content-type']?.startsWith('application/json');
          const { statusCode: status = 0 } = answer;
          resolve({ status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T });
        });
      },
    );
    request.on('error', reject).end(body);
  });

export interface SigningRequest {
  algorithm?: unknown;
  requestType?: unknown;
  version?: unknown;
  flags?: unknown;
  payloads?: unknown;
}

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

/** Returns a request to sign these documents. */
export const toSign = (documents: readonly (string | Uint8Array)[], more: SigningRequest = {}) => ({
  algorithm: 'RS256',
  requestType: 1,
  version: 1,
  flags: 0,
  payloads: documents.map((document, index) => ({ id: `id-${index}`, payload: base64(document) })),
  ...more,
});

/** What the hub returns: the response of the method, or an error of SignalR. */
export interface HubAnswer {
  R?: {
    certificate: string;
    status_code: number;
    status_string: string;
    message: string;
    timestamp: string;
    signatures: { id: string; signature: string }[] | null;
    failed_signatures: unknown[] | null;
  };
  I: string;
  E?: string;
}

/** A page that speaks ASP.NET SignalR 2 by long polling, as the published library does. */
export class SigningPage {
  readonly port: number;
  readonly origin: string | undefined;
  token = '';
  #calls = 0;

  constructor(port: number, origin: string | undefined = 'http://localhost:3000') {
    this.port = port;
    this.origin = origin;
  }

  call<T = Record<string, unknown>>(path: string, request: WireRequest = {}): Promise<WireAnswer<T>> {
    return callWire<T>(this.port, path, { ...request, headers: { origin: this.origin, ...request.headers } });
  }

  /** Sends a request of the connection. */
  inConnection<T = Record<string, unknown>>(
    name: string,
    request: WireRequest = {},
    query: Record<string, string> = {},
  ): Promise<WireAnswer<T>> {
    const all = new URLSearchParams({
      transport: 'longPolling',
      clientProtocol: '2.1',
      connectionToken: this.token,
      connectionData: '[]',
      ...query,
    });
    return this.call<T>(`/signalr/${name}?${all}&_=1`, request);
  }

  async open(): Promise<this> {
    const { body } = await this.call<{ ConnectionToken: string }>(
      '/signalr/negotiate?clientProtocol=2.1&connectionData=%5B%5D&_=1',
    );
    this.token = body.ConnectionToken;
    await this.inConnection('connect', { method: 'POST' });
    await this.inConnection('start');
    return this;
  }

  /** Calls a hub method. */
  invoke(
    method: string,
    args: readonly unknown[],
    { hub = 'signinghub', signal }: { hub?: string; signal?: AbortSignal } = {},
  ): Promise<WireAnswer<HubAnswer>> {
    const data = JSON.stringify({ H: hub, M: method, A: args, I: this.#calls });
    this.#calls += 1;
    const body = `data=${encodeURIComponent(data)}`;
    return this.inConnection('send', { method: 'POST', body, ...(signal ? { signal } : {}) });
  }

  sign(request: object, signal?: AbortSignal): Promise<WireAnswer<HubAnswer>> {
    return this.invoke('requestToSign', [base64(JSON.stringify(request))], signal ? { signal } : {});
  }
}
