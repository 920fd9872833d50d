import type { Profile } from './applications.ts';

/** The properties of an application that limit its addresses. */
export interface AddressRules {
  profile: Profile;
  native: boolean;
}

const longest = 2_048;
/** Visible ASCII without the characters that browsers and servers read differently (RFC 3986 section 2). */
const plain = /^[\x21-\x7e]+$/;
const odd = /["<>\\^`{|}]/;
/** A private-use scheme is a reversed domain name (RFC 8252 section 7.1). */
const reverseDomain = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:$/;

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * Returns the port of this machine at which a client without a secret waits for its code; undefined for other clients and addresses.
 * Any local user may listen there, under the id of that client (RFC 8252 section 8.6).
 */
export function publicListener(method: string, redirectUri: string): number | undefined {
  const url = method === 'none' ? URL.parse(redirectUri) : null;
  if (!url || !/^https?:$/.test(url.protocol) || !isLoopback(url.hostname)) return undefined;
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function parse(address: string): URL | string {
  if (address.length > longest) return `must have at most ${longest} characters`;
  if (!plain.test(address) || odd.test(address))
    return 'must be a plain address: no spaces, control characters, quotes or backslashes';
  if (address.includes('#')) return 'must have no fragment (#)';
  const url = URL.parse(address);
  // Browsers read https:host as a path of the page that it is on.
  if (!url || /^https?:(?!\/\/[^/])/i.test(address)) return 'must be an absolute address';
  return url.username || url.password ? 'must carry no user name or password' : url;
}

/**
 * Returns the problem of a redirect URI, or undefined when valid. It is stored unchanged, because redirect URIs are compared byte
 * for byte (RFC 9700 section 2.1).
 */
export function redirectProblem(address: string, { profile, native }: AddressRules): string | undefined {
  const url = parse(address);
  if (typeof url === 'string') return url;
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') {
    if (profile === 'nhs' || isLoopback(url.hostname)) return undefined;
    return `must be https: in the ${profile} profile plain http is for this machine only (localhost, 127.0.0.1, [::1])`;
  }
  if (native && reverseDomain.test(url.protocol)) return undefined;
  return native
    ? `must be http, https or a scheme that is a domain name backwards (com.example.app:/callback), not ${url.protocol}`
    : `must be http or https, not ${url.protocol}`;
}

/** Returns the problem of an address that a server calls, or undefined when valid. */
export function serverAddressProblem(address: string): string | undefined {
  const url = parse(address);
  if (typeof url === 'string') return url;
  return url.protocol === 'https:' || url.protocol === 'http:'
    ? undefined
    : `must be http or https, not ${url.protocol}`;
}

/** Returns the problem of the address of a key set, or undefined. The published platform cannot fetch keys from a bare host. */
export function keySetAddressProblem(address: string): string | undefined {
  const problem = serverAddressProblem(address);
  if (problem) return problem;
  return /^https?:\/\/[^/?#]+\/./.test(address)
    ? undefined
    : 'must have a path, such as https://example.org/jwks.json';
}

const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?(\/[^#]*)?$/;

/** Returns the host and path of an address of this machine, which a native application must not change. */
function withoutPort(uri: string): string | undefined {
  const [, host, port = '80', path = ''] = loopback.exec(uri) ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : `${host} ${path}`;
}

/**
 * Returns whether an address is registered. They are compared byte for byte (RFC 9700 section 2.1), but a native application
 * may choose the port on this machine (RFC 8252 section 7.3). `localhost` counts too, although section 8.3 advises a literal.
 */
export function redirectFits(registered: readonly string[], native: boolean, uri: string): boolean {
  if (registered.includes(uri)) return true;
  const requested = native ? withoutPort(uri) : undefined;
  return requested !== undefined && registered.some((candidate) => withoutPort(candidate) === requested);
}
