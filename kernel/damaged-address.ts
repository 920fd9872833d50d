import { catalogue, type Refusal } from './errors.ts';
import type { HttpRequest, Route } from './request.ts';

/** What every part refuses in its own form, before any route. */
export const addressErrors = catalogue('kernel', {
  addressDamaged: {
    code: 'invalid_request',
    status: 400,
    description: 'The address is not well-formed.',
    actor: 'developer',
    source: 'RFC 3986 section 2.1',
  },
});

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
  return where && addressErrors.addressDamaged(`the percent-encoding of the ${where} is damaged`);
}
