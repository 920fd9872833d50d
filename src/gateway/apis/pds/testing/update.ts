import { type OutcomeBody, pdsBase, type RunningGateway } from '../../../testing/gateway.ts';
import type { Patient } from '../patient.ts';

/** Deviations from a usual update. */
export interface Sent {
  id?: string;
  /** The If-Match header; null omits it. */
  version?: string | null;
  headers?: Record<string, string>;
  /** The whole body, instead of `{patches}`. */
  body?: unknown;
  /** The access token. */
  as?: string;
}

/** A seeded patient without special values, in version 2. */
const defaultId = '9733162043';

/** Sends updates to a running gateway and reads the results. */
export const updater = (gateway: RunningGateway, token: string) => ({
  patch: (patches: unknown, { id = defaultId, version = 'W/"2"', headers, body, as = token }: Sent = {}) =>
    gateway.call(`${pdsBase}/Patient/${id}`, {
      method: 'PATCH',
      token: as,
      headers: {
        'content-type': 'application/json-patch+json',
        ...(version !== null && { 'if-match': version }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body ?? { patches }),
    }),
  read: async (id = defaultId) =>
    (await (await gateway.call(`${pdsBase}/Patient/${id}`, { token })).json()) as Patient,
});

/** Returns the status, code and diagnostics of a refusal. */
export const outcome = async (answer: Response) => {
  const [{ details, diagnostics }] = ((await answer.json()) as OutcomeBody).issue;
  return [answer.status, details.coding[0].code, diagnostics];
};

/** Tests for the name and the address, which have the same ids in every seeded record. */
export const named = { op: 'test', path: '/name/0/id', value: '123' };
export const addressed = { op: 'test', path: '/address/0/id', value: '456' };
