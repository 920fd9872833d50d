import type { HttpRequest } from '@alongside/kernel/http';
import { isForm, noParameters, type Parameters, parseParameters } from '../oauth/parameters.ts';
import type { Base } from './base.ts';
import { errors } from './errors.ts';

/** A request at one base path, with parsed but unvalidated parameters. */
export interface Incoming {
  request: HttpRequest;
  /** Below the base path, such as `/token`. */
  path: string;
  query: Parameters;
  form: Parameters;
  /** Whether the scope `nhs-login` selects the provider for citizens. */
  wantsNhsLogin: boolean;
  /** The authenticated application, for the audit record of a refusal. */
  proven: { application?: string };
}

const isScope = (pair: string): boolean => pair === 'scope' || pair.startsWith('scope=');

/** Removes every `scope` before other checks, even a malformed one, like the published pre-flow. */
function withoutScope(text: string): { rest: string; first: string | undefined } {
  const pairs = text.split('&');
  const first = pairs.find(isScope)?.slice('scope='.length);
  return { rest: pairs.filter((pair) => !isScope(pair)).join('&'), first };
}

function read(text: string): Parameters {
  const parameters = parseParameters(text);
  if (!parameters)
    throw errors.requestMalformed('the parameters are not well-formed, or more than 100, or too long');
  return parameters;
}

/** Parses a request of the `nhs` profile. Throws for malformed parameters. */
export function readIncoming(base: Base, request: HttpRequest): Incoming {
  const query = withoutScope(request.query);
  const form = isForm(request.headers['content-type']) ? withoutScope(request.body).rest : undefined;
  return {
    request,
    path: request.path.slice(base.path.length),
    query: read(query.rest).without('scope'),
    form: form === undefined ? noParameters : read(form).without('scope'),
    wantsNhsLogin: query.first === 'nhs-login',
    proven: {},
  };
}

/** Refuses a repeated parameter (RFC 6749 section 3.1). */
export async function refuseRepeated({ request, query, form }: Incoming): Promise<void> {
  const repeated = (request.method === 'POST' ? form : query).repeated();
  if (repeated !== undefined) throw errors.parameterRepeated(`${repeated.slice(0, 100)} is repeated`);
}
