import type { Headers } from './answer.ts';

/**
 * What every answer carries unless it sets its own: nothing is kept, framed, guessed at or told to other sites
 * (OWASP ASVS 5.0, 3.4.3 to 3.4.6 and 14.3.2).
 */
const always: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** A page shares no window with pages of other sites that opened it. */
const ofPages: Headers = { 'cross-origin-opener-policy': 'same-origin-allow-popups' };

/** One year (RFC 6797; OWASP ASVS 5.0, 3.4.1). */
const ofHttps: Headers = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

const isPage = ({ 'content-type': type }: Headers): boolean => String(type).startsWith('text/html');

/** Returns the headers of an answer as they are sent. `isHttps`: clients reach this listener by HTTPS under a name of its own. */
export const withSecurityHeaders = (headers: Headers, isHttps: boolean): Headers => ({
  ...always,
  ...(isPage(headers) ? ofPages : {}),
  ...(isHttps ? ofHttps : {}),
  ...headers,
});
