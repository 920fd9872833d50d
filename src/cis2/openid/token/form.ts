import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, type Parameters, parseParameters } from '../../../oauth/parameters.ts';
import { tokenErrors } from '../../errors/token.ts';

/** The form of a client's call: well-formed, each parameter once (RFC 6749 section 3.2). */
export async function readForm({ request }: { request: HttpRequest }): Promise<{ parameters: Parameters }> {
  if (!isForm(request.headers['content-type']))
    throw tokenErrors.tokenRequestMalformed('a form was expected');
  const parameters = parseParameters(request.body);
  if (!parameters)
    throw tokenErrors.tokenRequestMalformed('the form is not well-formed, or has more than 100 parameters');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw tokenErrors.tokenParameterRepeated(`${repeated} came more than once`);
  return { parameters };
}
