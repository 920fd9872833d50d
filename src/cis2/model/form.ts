import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, noParameters, type Parameters, parseParameters } from '../../oauth/parameters.ts';

/** The form of a request; an empty one when it has none that is well-formed, or one in which a field came twice. */
export function formOf({ headers, body }: HttpRequest): Parameters {
  const form = isForm(headers['content-type']) ? parseParameters(body) : undefined;
  return form === undefined || form.repeated() !== undefined ? noParameters : form;
}
