import { errors } from '../errors/catalogue.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';

/** A UUID of any version and case, as in the published rule. */
const requestIdForm = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** Allows only the paths of the API; a refusal names the unchanged path. */
export function allowPath({ api, path, trace }: Arrival): void {
  const allowed = api.paths.find(({ pattern }) => pattern.test(path));
  if (!allowed) throw errors.unsupportedPath('no path of this API', { path });
  trace.operation = allowed.name;
}

/** Checks X-Request-ID if the API needs one: a malformed one is refused here, a missing one mostly by the back end. */
export function checkRequestId({ api, client }: Arrival & { client: HeaderMap }): void {
  if (api.requestId === 'ignored') return;
  const value = client.get('x-request-id');
  if (value === undefined) {
    if (api.requestId === 'required') throw errors.missingRequestId();
  } else if (!requestIdForm.test(value)) throw errors.invalidRequestId('X-Request-ID is no UUID', { value });
}
