import http from 'node:http';

/** A document requested by navigation. Node's fetch sets its own fetch metadata, so this uses plain HTTP. */
export interface NavigationAnswer {
  status: number;
  location: string | undefined;
  cookies: string[];
  body: string;
}

export function navigate(
  address: string,
  headers: Record<string, string> = {},
  agent?: http.Agent,
  form?: string,
): Promise<NavigationAnswer> {
  return new Promise((resolve, reject) => {
    const call = http.request(
      address,
      {
        method: form === undefined ? 'GET' : 'POST',
        ...(agent ? { agent } : {}),
        headers: {
          'sec-fetch-dest': 'document',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-site': 'cross-site',
          ...headers,
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            cookies: response.headers['set-cookie'] ?? [],
            body: Buffer.concat(parts).toString('utf8'),
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(form);
  });
}

/** A browser without pages: follows redirects with cookies until a document is shown. */
export class Navigator {
  /** Cookies by host name, as in browsers: ports share them. */
  readonly jar = new Map<string, Map<string, string>>();
  readonly #agent: http.Agent | undefined;

  /** @param agent decides about connections; Node's own by default */
  constructor(agent?: http.Agent) {
    this.#agent = agent;
  }

  /** Stops before an address that begins with `stopAt`, such as a client's callback without a server. */
  async go(
    address: string,
    stopAt?: string,
  ): Promise<{ address: string; answer: NavigationAnswer; hops: string[] }> {
    const hops: string[] = [];
    let next = address;
    for (let hop = 0; hop < 20; hop++) {
      hops.push(next);
      const { hostname } = new URL(next);
      const cookies = this.jar.get(hostname) ?? new Map<string, string>();
      this.jar.set(hostname, cookies);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await navigate(next, { cookie }, this.#agent);
      for (const cookie of answer.cookies) {
        const pair = cookie.split(';')[0] ?? '';
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      if (answer.location === undefined) return { address: next, answer, hops };
      next = new URL(answer.location, next).href;
      if (stopAt !== undefined && next.startsWith(stopAt)) return { address: next, answer, hops };
    }
    throw new Error(`The redirects do not end: ${hops.join(' -> ')}`);
  }

  /** Submits a form of a page of the same site, and follows no redirect. */
  submit(address: string, fields: Record<string, string>): Promise<NavigationAnswer> {
    const cookies = this.jar.get(new URL(address).hostname) ?? new Map<string, string>();
    const headers = {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      origin: new URL(address).origin,
    };
    return navigate(address, headers, this.#agent, new URLSearchParams(fields).toString());
  }
}
