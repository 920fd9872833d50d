import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import type { Api } from '../api.ts';
import type { Trace } from '../audit.ts';
import type { Gateway } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import { type HeaderMap, readHeaders as read } from '../headers.ts';
import { isPlainPath } from '../plain-path.ts';

/** An unchecked call. */
export interface Arrival {
  gateway: Gateway;
  request: HttpRequest;
  api: Api;
  /** The method, with GET for HEAD, which is a GET without its body (RFC 9110 section 9.3.2). */
  verb: string;
  /** Path below the base path, percent-encoding unchanged. */
  path: string;
  query: string;
  trace: Trace;
}

export type WithHeaders = Arrival & { client: HeaderMap };

/**
 * Refuses the script of a service worker, which would see every request of this origin, sign-ins included, whichever API it came from.
 * Only a browser sets these headers.
 */
export const refuseServiceWorker = check(
  'service-worker',
  function refuseServiceWorker({ request: { headers } }: Arrival): void {
    if (headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker')
      throw errors.serviceWorker('a browser requests it as the script of a service worker');
  },
);

/** Reads the client's headers strictly; refuses a repeated credential or identity header. */
export function readHeaders({ request }: Arrival): { client: HeaderMap } {
  return { client: read(request.rawHeaders) };
}

/**
 * Refuses a path that the upstream of an added API may read as another one, whose rules are not those of this call. Paths of APIs in
 * process are not forwarded, and have their published refusals.
 */
export const refuseAmbiguousPath = check(
  'plain-path',
  function refuseAmbiguousPath({ api, path }: Arrival): void {
    if (api.isDefined && !isPlainPath(path))
      throw errors.ambiguousPath('the upstream may read the path as another one');
  },
);

/** Allows only the paths of the API; a refusal names the unchanged path. */
export const allowPath = check('path', function allowPath({ api, verb, path, trace }: Arrival): void {
  const allowed = api.paths.find(verb, path);
  if (!allowed) throw errors.unsupportedPath('the API has no such path', { path });
  trace.operation = allowed.name;
});

/** A UUID of any version and case, as in the published rule. */
export const requestIdForm = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** Checks X-Request-ID if the API needs one: a malformed one is refused here, a missing one mostly by the back end. */
export const checkRequestId = check(
  'request-id',
  function checkRequestId({ api, client }: WithHeaders): void {
    if (api.requestId === 'ignored') return;
    const value = client.get('x-request-id');
    if (value === undefined) {
      if (api.requestId === 'required') throw errors.missingRequestId('there is no X-Request-ID');
    } else if (!requestIdForm.test(value))
      throw errors.invalidRequestId('X-Request-ID is not a UUID', { value });
  },
);
