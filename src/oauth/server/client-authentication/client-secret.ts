import type { Clock } from '@alongside/kernel/clock';
import { type ClientRegistration, secretFits } from '../../applications.ts';
import { readBasic } from '../../basic.ts';
import type { ClientAuthenticationMethod } from './method.ts';

const secretFault = (registration: ClientRegistration, secret: string, clock: Clock): string | undefined =>
  secretFits(registration, secret, clock.now())
    ? undefined
    : 'the secret is not the client’s, or has expired';

/** `client_secret_post` (RFC 6749 section 2.3.1). */
export const secretPost: ClientAuthenticationMethod = {
  ids: ['client_secret_post'],
  place: 'secret',
  failure: 'clientUnauthenticated',
  isUsed: ({ parameters }) => parameters.has('client_secret'),
  claimedClient: ({ parameters }) => parameters.get('client_id'),
  verify: async ({ parameters }, { registration }, { clock }) =>
    secretFault(registration, parameters.get('client_secret') ?? '', clock),
};

/** `client_secret_basic` (RFC 6749 section 2.3.1). */
export const secretBasic: ClientAuthenticationMethod = {
  ids: ['client_secret_basic'],
  place: 'header',
  failure: 'clientUnauthenticated',
  isUsed: ({ request }) => request.headers.authorization !== undefined,
  claimedClient: ({ request }) => readBasic(request.headers.authorization)?.clientId,
  verify: async ({ request }, { registration }, { clock }) =>
    secretFault(registration, readBasic(request.headers.authorization)?.secret ?? '', clock),
};
