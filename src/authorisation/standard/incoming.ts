import type { HttpRequest } from '@alongside/kernel/http';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { differences } from '../../oauth/server/differences.ts';
import { errors } from './errors.ts';

/** A request of the `standard` profile. */
export interface Incoming {
  request: HttpRequest;
  parameters: Parameters;
}

/** Longest values in characters; parameters not listed here may have 1,024. */
const limits: Readonly<Record<string, number>> = {
  redirect_uri: 2_048,
  state: 4_096,
  client_assertion: 32_768,
  request: 32_768,
  subject_token: 32_768,
  actor_token: 32_768,
  scope: 4_096,
  token: 4_096,
  logout_token: 32_768,
};
const otherLimit = 1_024;

/** Refuses a value that is longer than its parameter needs. */
export function requireLengths(parameters: Parameters): void {
  for (const [name, value] of parameters.entries()) {
    const limit = limits[name] ?? otherLimit;
    if (value.length > limit)
      throw errors.requestTooLong(
        `${name.slice(0, 100)} has ${value.length} characters, ${limit} are allowed`,
      );
  }
}

export async function readQuery({ request }: { request: HttpRequest }): Promise<{ parameters: Parameters }> {
  const parameters = parseParameters(request.query);
  if (!parameters)
    throw errors.requestMalformed('the query is not well-formed, or has more than 100 parameters');
  const repeated = parameters.repeated(differences.platform.repeatable);
  if (repeated !== undefined)
    throw errors.parameterRepeated(`${repeated.slice(0, 100)} is there more than once`);
  requireLengths(parameters);
  return { parameters };
}
