import { Answer, type Headers } from '@alongside/kernel/answer';
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
  /** The authenticated application and the family of its refresh token, for the records of a refusal. */
  proven: { application?: string; family?: string };
}

/** Reads parameters without every `scope`, even a malformed one, which the published pre-flow removes before other checks. */
function read(text: string): Parameters {
  const parameters = parseParameters(text, undefined, 'scope');
  if (!parameters)
    throw errors.requestMalformed('the parameters are not well-formed, or more than 100, or too long');
  return parameters;
}

const isScope = (pair: string): boolean => pair === 'scope' || pair.startsWith('scope=');
const firstScope = (query: string): string | undefined =>
  query.split('&').find(isScope)?.slice('scope='.length);

/** Parses a request of the `nhs` profile. Throws for malformed parameters. */
export function readIncoming(base: Base, request: HttpRequest): Incoming {
  return {
    request,
    path: request.path.slice(base.path.length),
    query: read(request.query),
    form: isForm(request.headers['content-type']) ? read(request.body) : noParameters,
    wantsNhsLogin: firstScope(request.query) === 'nhs-login',
    proven: {},
  };
}

/** Refuses a repeated parameter (RFC 6749 section 3.1). */
export function refuseRepeated({ request, query, form }: Incoming): void {
  const repeated = (request.method === 'POST' ? form : query).repeated();
  if (repeated !== undefined) throw errors.parameterRepeated(`${repeated.slice(0, 100)} is repeated`);
}

const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Returns the headers that allow pages of any origin; no cookie is used here. Empty without an Origin header. */
export function corsHeaders(request: HttpRequest): Headers {
  const origin = one(request.headers.origin);
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-headers': 'origin, x-requested-with, accept, content-type, authorization',
    'access-control-max-age': '600',
    'access-control-allow-methods': 'GET, PUT, POST, DELETE',
    vary: 'origin',
  };
}

export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === 'OPTIONS' &&
  one(headers.origin) !== undefined &&
  one(headers['access-control-request-method']) !== undefined;

/** Responds to a preflight (Fetch standard, CORS-preflight request). */
export const preflight = async ({ request }: { request: HttpRequest }): Promise<Answer> =>
  new Answer(200, corsHeaders(request));
