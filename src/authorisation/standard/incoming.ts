import type { HttpRequest } from '@alongside/kernel/http';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { errors } from './errors.ts';

/** A request of the `standard` profile. */
export interface Incoming {
  request: HttpRequest;
  parameters: Parameters;
}

/** Parameters that may come more than once (RFC 8707 section 2, RFC 8693 section 2.1). */
export const repeatable = ['resource', 'audience'];
/** Longest values in characters; what is not named here may have 1,024. */
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

/** Refuses a value that is longer than any of its name needs to be. */
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
  if (!parameters) throw errors.requestMalformed('the parameters are not well-formed, or more than 100');
  const repeated = parameters.repeated(repeatable);
  if (repeated !== undefined) throw errors.parameterRepeated(`${repeated.slice(0, 100)} came more than once`);
  requireLengths(parameters);
  return { parameters };
}

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** The values of a scope parameter, each once; undefined when it is malformed (RFC 6749 section 3.3). */
export function readScope(text: string): string[] | undefined {
  const values = text.split(' ');
  return values.every((value) => scopeToken.test(value)) ? [...new Set(values)] : undefined;
}
