import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import { requestErrors } from '../../errors/request.ts';

/** Longest values in characters; parameters not listed here may have 1,024. */
const limits: Readonly<Record<string, number>> = {
  redirect_uri: 2_048,
  state: 4_096,
  claims: 8_192,
  id_token_hint: 14_000,
  request: 14_000,
};
const otherLimit = 1_024;
/** Longest request of a form, which continues as an address. */
const longestQuery = 14_500;

/** Reads the parameters of a page request by GET or POST, and refuses what no client may send. */
function readPageParameters(request: HttpRequest): Parameters {
  const posted = request.method === 'POST';
  if (posted && !isForm(request.headers['content-type']))
    throw requestErrors.requestMalformed(
      `the content type is ${request.headers['content-type'] ?? 'missing'}, expected is a form`,
    );
  const parameters = parseParameters(posted ? request.body : request.query);
  if (!parameters)
    throw requestErrors.requestMalformed('the parameters are not well-formed, or there are more than 100');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw requestErrors.parameterRepeated(`${repeated} is there more than once`);
  checkLengths(parameters);
  return parameters;
}

/** Refuses values that are too long, in an address, a form or a request object. */
export function checkLengths(parameters: Parameters): void {
  for (const [name, value] of parameters.entries()) {
    const limit = limits[name] ?? otherLimit;
    if (value.length > limit)
      throw requestErrors.requestTooLong(`${name} has ${value.length} characters, ${limit} are allowed`);
  }
}

export function readParameters({ request }: { request: HttpRequest }): { parameters: Parameters } {
  return { parameters: readPageParameters(request) };
}

/** Enters again by GET: the browser does not send Lax cookies with a form of another site. */
export const reenterByGet = (path: string) =>
  function reenterByGet({
    request,
    parameters,
    provider: { issuer },
  }: {
    request: HttpRequest;
    parameters: Parameters;
    provider: { issuer: string };
  }): Answer | undefined {
    if (request.method !== 'POST') return undefined;
    const to = withQuery(`${issuer}${path}`, Object.fromEntries(parameters.entries()));
    if (to.length > longestQuery)
      throw requestErrors.requestTooLong(`the request has ${to.length} characters`);
    return redirect(to, 303);
  };
