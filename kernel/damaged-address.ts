import type { Refusal } from './errors.ts';
import { kernelErrors } from './kernel-errors.ts';
import type { HttpRequest, Route } from './request.ts';

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns a refusal for an address with an invalid percent-encoding or invalid UTF-8, otherwise undefined. A
 * route with `rawQuery` validates its query itself, in its own order.
 */
export function damageOf(
  { path, query }: Pick<HttpRequest, 'path' | 'query'>,
  { early, rawQuery = early !== undefined }: Pick<Route, 'early' | 'rawQuery'> = {},
): Refusal | undefined {
  const where = decodes(path) ? (rawQuery || decodes(query) ? undefined : 'query') : 'path';
  return where && kernelErrors.addressDamaged(`the percent-encoding of the ${where} is damaged`);
}
