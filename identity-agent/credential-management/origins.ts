import { Answer, type Headers } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { isOrigin } from '@alongside/kernel/origin';
import { privateNetwork } from '../handoff/guard.ts';

const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Returns a function that decides which pages may use Credential Management. @param development allows pages of this machine */
export function allowedOrigins(listed: readonly string[], development: boolean): (origin: string) => boolean {
  const known = new Set(listed);
  return (origin) =>
    known.has(origin) || (development && isOrigin(origin) && isLoopback(new URL(origin).hostname));
}

/** The headers with which a page reads a response that its browser requested with credentials (Fetch, CORS protocol). */
export const corsHeaders = (origin: string): Headers => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'x-message-id, x-error-detail',
  vary: 'Origin',
});

/** Returns the response to a preflight. */
export const allowedPreflight = (request: Pick<HttpRequest, 'headers'>): Answer =>
  new Answer(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
    ...privateNetwork(request),
  });
