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
 * Refuses an address with a `%` that stands for no byte, or with bytes that are no UTF-8; undefined when it has neither. A way in
 * with its own words for what is refused early has its own order of checks too, and looks at its query itself.
 */
export function damageOf(
  { path, query }: Pick<HttpRequest, 'path' | 'query'>,
  { early }: Pick<Route, 'early'> = {},
): Refusal | undefined {
  const where = decodes(path) ? (early || decodes(query) ? undefined : 'query') : 'path';
  return where && kernelErrors.addressDamaged(`the percent-encoding of the ${where} is damaged`);
}
