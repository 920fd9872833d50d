import { pdsBase, type RunningGateway } from '../../../gateway.fixture.ts';
import type { Patient } from '../patient.ts';

/** How an update is sent where it is not sent as usual. */
export interface Sent {
  id?: string;
  /** The If-Match header; null leaves it out. */
  version?: string | null;
  headers?: Record<string, string>;
  /** The whole body, in place of `{patches}`. */
  body?: unknown;
  /** The access token. */
  as?: string;
}

/** A patient of plain seeds, in version 2. */
const usualId = '9733162043';

/** Sends updates to a running gateway and reads what came of them. */
export const updater = (gateway: RunningGateway, token: string) => ({
  patch: (patches: unknown, { id = usualId, version = 'W/"2"', headers, body, as = token }: Sent = {}) =>
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
  read: async (id = usualId) =>
    (await (await gateway.call(`${pdsBase}/Patient/${id}`, { token })).json()) as Patient,
});

/** Which name and which address are meant: every seeded record numbers them alike. */
export const named = { op: 'test', path: '/name/0/id', value: '123' };
export const addressed = { op: 'test', path: '/address/0/id', value: '456' };
