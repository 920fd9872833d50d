import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { OutboundAgents, outboundStream } from '@alongside/kernel/outbound';
import { type Form, formOf, refreshOf, sendsItself } from './markup.ts';

/** The browser reached an address at which it stops. */
export interface Callback {
  kind: 'callback';
  /** How the parameters were sent. */
  mode: 'query' | 'form_post';
  /** The address, without parameters that were sent in a form. */
  url: URL;
  parameters: URLSearchParams;
}

/** The browser shows a page. */
export interface Page {
  kind: 'page';
  status: number;
  url: URL;
  body: string;
  headers: IncomingHttpHeaders;
}

export type Landing = Callback | Page;

interface Cookie {
  value: string;
  path: string;
  sameSite: string;
}

/** A `Set-Cookie` line and the address that set it. */
export interface CookieLine {
  url: URL;
  line: string;
}

/** How the page that starts a navigation relates to its target (Fetch Metadata Request Headers section 2.3). */
type Site = 'same-origin' | 'same-site' | 'cross-site';

/** Ports of one host are one site. Subdomains count as other sites, because the list of public suffixes is not known here. */
function siteOf(from: URL, to: URL): Site {
  if (from.origin === to.origin) return 'same-origin';
  return from.protocol === to.protocol && from.hostname === to.hostname ? 'same-site' : 'cross-site';
}

/** Returns the site after a redirect, which never brings a request nearer. */
function afterRedirect(site: Site, from: URL, to: URL): Site {
  const sites: readonly Site[] = ['same-origin', 'same-site', 'cross-site'];
  return sites[Math.max(sites.indexOf(site), sites.indexOf(siteOf(from, to)))] ?? 'cross-site';
}

/** Time limit of a response in milliseconds. */
const timeout = 30_000;

/** The instance and the client under test are on this machine or its network. */
const policy = { privateAddresses: true, agents: new OutboundAgents() };

/** A request and its response, without the bodies. */
export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly form: URLSearchParams | undefined;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A server that did not respond. */
export class Unreachable extends Error {
  readonly origin: string;

  constructor(origin: string, cause: unknown) {
    super(`${origin} does not answer: ${reasonOf(cause)}`, { cause });
    this.origin = origin;
  }
}

/**
 * A browser without a window: cookies with path and SameSite, redirects, refreshes and forms that submit themselves. It stops
 * before the given addresses, so that they need no server.
 */
export class Browser {
  readonly #jar = new Map<string, Map<string, Cookie>>();
  readonly #signal: AbortSignal | undefined;
  readonly #observe: ((exchange: Exchange) => void) | undefined;
  #stops: readonly string[];
  /** Every cookie that it received, the oldest first. */
  readonly cookieLines: CookieLine[] = [];
  /** Every address that it requested, the first one first. */
  readonly addresses: string[] = [];

  /**
   * @param stops addresses without query, such as those of a client
   * @param observe is called after each response
   */
  constructor(stops: readonly string[], signal?: AbortSignal, observe?: (exchange: Exchange) => void) {
    this.#stops = stops;
    this.#signal = signal;
    this.#observe = observe;
  }

  /** Replaces the addresses at which it stops. */
  stopAt(...stops: readonly string[]): void {
    this.#stops = stops;
  }

  /** Returns another browser with the same cookies. */
  fork(): Browser {
    const other = new Browser(this.#stops, this.#signal, this.#observe);
    for (const [host, cookies] of this.#jar) other.#jar.set(host, new Map(cookies));
    return other;
  }

  /** Deletes a cookie of a host. */
  forget(hostname: string, name: string): void {
    const cookies = this.#jar.get(hostname);
    for (const key of cookies?.keys() ?? []) if (key.split('|')[0] === name) cookies?.delete(key);
  }

  /** Continues from a stop with these parameters, in the original form. */
  deliver({ mode, url, parameters }: Callback): Promise<Landing> {
    const to = new URL(url);
    if (mode === 'form_post') return this.#navigate(to, 'cross-site', parameters, 'null');
    to.search = parameters.toString();
    return this.#navigate(to, 'cross-site');
  }

  /** Navigates to an address, like a link of the page at `from`; by default of another site. */
  go(address: string, from?: URL): Promise<Landing> {
    const to = new URL(address);
    return this.#navigate(to, from ? siteOf(from, to) : 'cross-site');
  }

  /** Submits a form of the page at `from`; by default of another site. */
  post(address: string, fields: URLSearchParams, from?: URL): Promise<Landing> {
    const to = new URL(address);
    const site = from ? siteOf(from, to) : 'cross-site';
    return this.#navigate(to, site, fields, from?.origin ?? 'https://rp.example');
  }

  submit({ url }: Page, { method, action, fields }: Form): Promise<Landing> {
    const site = siteOf(url, action);
    const values = new URLSearchParams(fields);
    if (method === 'POST') return this.#navigate(action, site, values, url.origin);
    const to = new URL(action);
    to.search = values.toString();
    return this.#navigate(to, site);
  }

  /** Returns the `Cookie` header for a navigation to this address. */
  cookies(address: URL): string {
    return this.#cookiesFor(address, false);
  }

  #isStop(url: URL): boolean {
    return this.#stops.some((stop) => {
      const { origin, pathname } = new URL(stop);
      return url.origin === origin && url.pathname === pathname;
    });
  }

  async #navigate(to: URL, first: Site, form?: URLSearchParams, origin?: string): Promise<Landing> {
    let [next, posted, from, site] = [to, form, origin, first];
    for (let hop = 0; hop < 30; hop++) {
      if (this.#isStop(next) && !posted)
        return { kind: 'callback', mode: 'query', url: next, parameters: next.searchParams };
      const page = await this.#send(next, site, posted, from);
      const location = page.headers.location;
      if (location !== undefined && page.status >= 300 && page.status < 400) {
        if (posted && (page.status === 307 || page.status === 308))
          throw new Error('a redirect that repeats the request');
        const target = new URL(location, next);
        site = afterRedirect(site, next, target);
        [next, posted, from] = [target, undefined, undefined];
        continue;
      }
      const onward = refreshOf(page);
      if (onward) {
        [next, posted, from, site] = [onward, undefined, undefined, siteOf(page.url, onward)];
        continue;
      }
      const answer = formOf(page);
      if (answer && this.#isStop(answer.action)) {
        const parameters = new URLSearchParams(answer.fields);
        return { kind: 'callback', mode: 'form_post', url: answer.action, parameters };
      }
      // A page with a form that submits itself, such as one that reloads with its own cookies.
      if (answer && sendsItself(page)) {
        site = siteOf(page.url, answer.action);
        [next, posted, from] = [answer.action, new URLSearchParams(answer.fields), page.url.origin];
        if (site === 'same-origin') continue;
      }
      return page;
    }
    throw new Error(`the redirects do not end, at last ${next.href}`);
  }

  async #send(
    url: URL,
    site: Site,
    form: URLSearchParams | undefined,
    origin: string | undefined,
  ): Promise<Page> {
    this.addresses.push(url.href);
    const body = form?.toString();
    const cookie = this.#cookiesFor(url, site === 'cross-site' && body !== undefined);
    try {
      const answer = await outboundStream(url.href, policy, {
        purpose: 'other',
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'text/html',
          'sec-fetch-dest': 'document',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-site': site,
          ...(cookie === '' ? {} : { cookie }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/x-www-form-urlencoded', origin: origin ?? 'null' }),
        },
        body: body === undefined ? undefined : Buffer.from(body),
        timeouts: { connect: timeout, headers: timeout, idle: timeout },
        signal: this.#signal,
      });
      const { status, headers } = answer;
      this.#keep(url, headers['set-cookie'] ?? []);
      this.#observe?.({ method: body === undefined ? 'GET' : 'POST', url, form, status, headers });
      return {
        kind: 'page',
        status,
        url,
        headers,
        body: await text(answer.body),
      };
    } catch (error) {
      throw new Unreachable(url.origin, error);
    }
  }

  #cookiesFor({ hostname, pathname }: URL, crossSitePost: boolean): string {
    return [...(this.#jar.get(hostname) ?? [])]
      .filter(
        ([, { path }]) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .filter(([, { sameSite }]) => !crossSitePost || sameSite === 'none')
      .map(([key, { value }]) => `${key.split('|')[0]}=${value}`)
      .join('; ');
  }

  #keep(url: URL, lines: readonly string[]): void {
    const { hostname, pathname } = url;
    const jar = this.#jar.get(hostname) ?? new Map<string, Cookie>();
    this.#jar.set(hostname, jar);
    for (const line of lines) {
      this.cookieLines.push({ url, line });
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const told = new Map(
        attributes.map((part) => [
          part.split('=')[0]?.toLowerCase() ?? '',
          part.slice(part.indexOf('=') + 1),
        ]),
      );
      const path = told.get('path') ?? (pathname.slice(0, pathname.lastIndexOf('/')) || '/');
      const expired =
        Number(told.get('max-age') ?? 1) <= 0 || Date.parse(told.get('expires') ?? '') < systemClock.now();
      if (expired || value === '') jar.delete(`${name}|${path}`);
      else
        jar.set(`${name}|${path}`, { value, path, sameSite: (told.get('samesite') ?? 'lax').toLowerCase() });
    }
  }
}
