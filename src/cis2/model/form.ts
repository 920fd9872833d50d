import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, noParameters, type Parameters, parseParameters } from '../../oauth/parameters.ts';

/** Returns the form of a request; an empty one if it is malformed or repeats a field. */
export function formOf({ headers, body }: HttpRequest): Parameters {
  const form = isForm(headers['content-type']) ? parseParameters(body) : undefined;
  return form === undefined || form.repeated() !== undefined ? noParameters : form;
}
