import { systemClock } from '../clock.ts';
import { sha256 } from '../proof-key.ts';

/** The cookies of a web application at one origin. // RFC 6265bis section 4.1.3 (cookie name prefixes) */
export interface Cookies {
  /** Returns the value of a cookie of a request. */
  read(request: Pick<Request, 'headers'>, name: string): string | undefined;
  /** Returns a `Set-Cookie` line; without `seconds` the cookie ends with the browser. */
  set(name: string, value: string, seconds?: number): string;
  clear(name: string): string;
}

/** A longer header is not read. */
const LONGEST_HEADER = 32_768;

/** @param prefix distinguishes applications on different ports of one host, which share cookies */
export function cookiesAt(origin: string, prefix: string): Cookies {
  const secure = origin.startsWith('https:');
  const full = (name: string) => `${secure ? '__Host-' : ''}${prefix}-${name}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    read(request, name) {
      const header = request.headers.get('cookie') ?? '';
      if (header.length > LONGEST_HEADER) return undefined;
      const start = `${full(name)}=`;
      const pairs = header.split(';').map((pair) => pair.trim());
      return pairs.find((pair) => pair.startsWith(start))?.slice(start.length);
    },
    set: (name, value, seconds) =>
      `${full(name)}=${value}; ${attributes}${seconds === undefined ? '' : lifetime(seconds)}`,
    clear: (name) => `${full(name)}=; ${attributes}${lifetime(0)}`,
  };
}

/** Some clients need Expires beside Max-Age: Java's CookieManager quotes a value without it. // RFC 6265 section 4.1.2 */
function lifetime(seconds: number): string {
  const end = seconds === 0 ? 0 : systemClock.now() + seconds * 1_000;
  return `; Max-Age=${seconds}; Expires=${new Date(end).toUTCString()}`;
}

/** Returns the name of the cookie of one sign-in, so that two tabs that start at once do not overwrite each other's. */
export function pendingName(state: string): string {
  return `sign-in-${sha256(state).slice(0, 16)}`;
}
