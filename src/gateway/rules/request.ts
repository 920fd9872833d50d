import { faults } from '../faults.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';

/** A UUID of any version, in either case: what the published rule takes. */
const requestIdForm = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** Only the paths of the API; the path is named in the refusal as it came. */
export function allowPath({ api, path, trace }: Arrival): void {
  const allowed = api.paths.find(({ pattern }) => pattern.test(path));
  if (!allowed) throw faults.unsupportedPath('no path of this API', { path });
  trace.operation = allowed.name;
}

/** X-Request-ID, where the API asks for one: a wrong one is refused here, a missing one mostly by the back end. */
export function checkRequestId({ api, client }: Arrival & { client: HeaderMap }): void {
  if (api.requestId === 'ignored') return;
  const value = client.get('x-request-id');
  if (value === undefined) {
    if (api.requestId === 'required') throw faults.missingRequestId();
  } else if (!requestIdForm.test(value)) throw faults.invalidRequestId('X-Request-ID is no UUID', { value });
}
