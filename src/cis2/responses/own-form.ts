import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import { isForm, noParameters, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { sharedErrors } from '../errors/shared.ts';

/** Returns the form of a request; an empty one if it is malformed or repeats a field. */
export function formOf({ headers, body }: HttpRequest): Parameters {
  const form = isForm(headers['content-type']) ? parseParameters(body) : undefined;
  return form === undefined || form.repeated() !== undefined ? noParameters : form;
}

/**
 * Accepts a POST only from a page of the same origin, by its fetch metadata or, from browsers without these, by its `Origin`
 * (Fetch Metadata Request Headers section 2.3).
 */
export const checkSameOrigin = check(
  'same-origin',
  async function checkSameOrigin({
    request: { headers },
    provider: { origin },
  }: {
    request: HttpRequest;
    provider: { origin: string };
  }): Promise<void> {
    const site = headers['sec-fetch-site'];
    if (site === 'same-origin') return;
    if (site !== undefined) throw sharedErrors.foreignPage(`it comes from a page that is ${site}`);
    if (headers.origin !== origin)
      throw sharedErrors.foreignPage(`its origin is ${headers.origin ?? 'not said'}, expected ${origin}`);
  },
);
