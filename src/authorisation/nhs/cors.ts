import { Answer, type Headers } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';

const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Returns the headers that allow pages of any origin; no cookie is used here. Empty without an Origin header. */
export function corsHeaders(request: HttpRequest): Headers {
  const origin = one(request.headers.origin);
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-headers': 'origin, x-requested-with, accept, content-type, authorization',
    'access-control-max-age': '600',
    'access-control-allow-methods': 'GET, PUT, POST, DELETE',
    vary: 'origin',
  };
}

export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === 'OPTIONS' &&
  one(headers.origin) !== undefined &&
  one(headers['access-control-request-method']) !== undefined;

/** Responds to a preflight (Fetch standard, CORS-preflight request). */
export const preflight = async ({ request }: { request: HttpRequest }): Promise<Answer> =>
  new Answer(200, corsHeaders(request));
