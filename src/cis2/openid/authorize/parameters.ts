import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import { requestErrors } from '../../errors/request.ts';

/** Longest values in characters; what is not named here may have 1,024. */
const limits: Readonly<Record<string, number>> = {
  redirect_uri: 2_048,
  state: 4_096,
  claims: 8_192,
  id_token_hint: 14_000,
  request: 14_000,
};
const otherLimit = 1_024;
/** Longest request that a form may make: it goes on as an address. */
const longestQuery = 14_500;

/** Reads the parameters of a page request by GET or POST, and refuses what no client may send. */
function readPageParameters(request: HttpRequest): Parameters {
  const posted = request.method === 'POST';
  if (posted && !isForm(request.headers['content-type']))
    throw requestErrors.requestMalformed(
      `a form was expected, the content type is ${request.headers['content-type'] ?? 'missing'}`,
    );
  const parameters = parseParameters(posted ? request.body : request.query);
  if (!parameters)
    throw requestErrors.requestMalformed('the parameters are not well-formed, or more than 100');
  const repeated = parameters.repeated();
  if (repeated !== undefined) throw requestErrors.parameterRepeated(`${repeated} came more than once`);
  checkLengths(parameters);
  return parameters;
}

/** Refuses values that are too long, wherever they come from: an address, a form or a request object. */
export function checkLengths(parameters: Parameters): void {
  for (const [name, value] of parameters.entries()) {
    const limit = limits[name] ?? otherLimit;
    if (value.length > limit)
      throw requestErrors.requestTooLong(`${name} has ${value.length} characters, ${limit} are allowed`);
  }
}

export async function readParameters({
  request,
}: {
  request: HttpRequest;
}): Promise<{ parameters: Parameters }> {
  return { parameters: readPageParameters(request) };
}

/** A form of another site brings no Lax cookies, so it enters again by GET, with them. */
export const reenterByGet = (address: string) =>
  async function reenterByGet({
    request,
    parameters,
  }: {
    request: HttpRequest;
    parameters: Parameters;
  }): Promise<Answer | undefined> {
    if (request.method !== 'POST') return undefined;
    const to = withQuery(address, Object.fromEntries(parameters.entries()));
    if (to.length > longestQuery)
      throw requestErrors.requestTooLong(`the request has ${to.length} characters`);
    return redirect(to, 303);
  };
