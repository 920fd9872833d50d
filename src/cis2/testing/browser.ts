import http from 'node:http';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** The absolute `Location`; empty without one. */
  location: string;
}

/** Sends one HTTP request and follows no redirect. */
export function send(
  method: string,
  address: string,
  headers: http.OutgoingHttpHeaders = {},
  body = '',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = http.request(address, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const { location } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          location: location ? new URL(location, address).href : '',
        });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

export const form = (values: Record<string, string>): string => new URLSearchParams(values).toString();

/** The protocol of a browser: one cookie jar, one page at a time. */
export class Browser {
  readonly jar = new Map<string, string>();

  get(address: string, headers: http.OutgoingHttpHeaders = {}): Promise<Reply> {
    return this.#send('GET', address, headers);
  }

  /** @param headers those of a form of the same origin by default */
  post(
    address: string,
    values: Record<string, string>,
    headers: http.OutgoingHttpHeaders = { 'sec-fetch-site': 'same-origin' },
  ): Promise<Reply> {
    return this.#send(
      'POST',
      address,
      { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      form(values),
    );
  }

  async #send(method: string, address: string, headers: http.OutgoingHttpHeaders, body = ''): Promise<Reply> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await send(
      method,
      address,
      { 'sec-fetch-dest': 'document', ...(cookie ? { cookie } : {}), ...headers },
      body,
    );
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; Max-Age=0/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return reply;
  }
}
