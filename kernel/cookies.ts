import { type Clock, systemClock } from './clock.ts';
import type { RefusalFacts } from './refusal-facts.ts';

function parse(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  const twice = new Set<string>();
  for (const pair of header.split(';').slice(0, 100)) {
    const at = pair.indexOf('=');
    const name = at < 0 ? '' : pair.slice(0, at).trim();
    if (name === '') continue;
    if (cookies.has(name)) twice.add(name);
    cookies.set(name, pair.slice(at + 1).trim());
  }
  for (const name of twice) cookies.delete(name);
  return cookies;
}

/** The header that was parsed last: a request looks for several cookies. */
let last = { header: '', cookies: parse('') };

/** Returns the cookies of a request. Omits a repeated name, because its value is ambiguous. */
export function readCookies(header = ''): ReadonlyMap<string, string> {
  if (header !== last.header) last = { header, cookies: parse(header) };
  return last.cookies;
}

/**
 * Returns the attributes that end a cookie after so many seconds. Old clients, such as Java's CookieManager, take a cookie
 * without Expires for one of RFC 2109 and send it with quotes. Browsers count by the machine's clock.
 * // RFC 6265 sections 4.1.2.1 and 4.1.2.2
 */
export function cookieLifetime(seconds: number, clock: Clock = systemClock): string {
  const end = seconds <= 0 ? 0 : clock.now() + seconds * 1_000;
  return `; Max-Age=${seconds}; Expires=${new Date(end).toUTCString()}`;
}

/**
 * Describes the form of cookies that RFC 6265 replaced, `$Version="1"` with quoted values, which no cookie of ours matches;
 * undefined for the usual form.
 */
export function oldCookieFacts(header = ''): RefusalFacts | undefined {
  if (!/^\s*\$Version=/.test(header)) return undefined;
  return {
    field: 'cookie',
    headline: 'The cookies have the form of RFC 2965',
    received: '$Version and quoted values',
    expected: 'name=value (RFC 6265)',
    fix: 'Send cookies as browsers do. In Java, CookieManager of java.net does not: use the cookie store of an HTTP library such as Apache HttpClient (CookieSpecs.STANDARD) or OkHttp.',
  };
}

/** Names the cookies of one service. Ports of one host share cookies, so names must distinguish services and instances. */
export class CookieNames {
  readonly #secure: boolean;
  readonly #prefix: string;

  /**
   * @param origin public origin of the service; https adds `__Host-` and Secure (RFC 6265bis section 4.1.3.2)
   */
  constructor(origin: string, service: string) {
    const url = new URL(origin);
    this.#secure = url.protocol === 'https:';
    this.#prefix = this.#secure ? `__Host-${service}` : `${service}-${url.port || '80'}`;
  }

  name(purpose: string): string {
    return `${this.#prefix}-${purpose}`;
  }

  /**
   * Returns a Set-Cookie value: HttpOnly, SameSite=Lax, for the whole host. Without `maxAge` (seconds) it is
   * a session cookie.
   */
  set(purpose: string, value: string, maxAge?: number): string {
    const age = maxAge === undefined ? '' : cookieLifetime(maxAge);
    return `${this.name(purpose)}=${value}; Path=/; HttpOnly; SameSite=Lax${this.#secure ? '; Secure' : ''}${age}`;
  }

  /** Returns a Set-Cookie value that deletes the cookie. */
  clear(purpose: string): string {
    return this.set(purpose, '', 0);
  }
}
