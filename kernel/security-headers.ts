import type { Headers } from './answer.ts';

/**
 * Default headers of every response: no caching, framing, content sniffing or referrer (OWASP ASVS 5.0, 3.4.3
 * to 3.4.6 and 14.3.2).
 */
const always: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Isolates a page from windows of other sites that opened it. */
const ofPages: Headers = { 'cross-origin-opener-policy': 'same-origin-allow-popups' };

/** One year (RFC 6797; OWASP ASVS 5.0, 3.4.1). */
const ofHttps: Headers = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

const isPage = ({ 'content-type': type }: Headers): boolean => String(type).startsWith('text/html');

/** Returns the headers of a response with the defaults. `isHttps`: clients use HTTPS under a name other than loopback's. */
export const withSecurityHeaders = (headers: Headers, isHttps: boolean): Headers => ({
  ...always,
  ...(isPage(headers) ? ofPages : {}),
  ...(isHttps ? ofHttps : {}),
  ...headers,
});
