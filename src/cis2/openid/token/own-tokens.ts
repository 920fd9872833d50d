import { type Answer, json } from '@alongside/kernel/answer';
import { check, steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../../oauth/server/form.ts';
import {
  type Introspection,
  introspectToken,
  refusePublic,
  revokeToken,
} from '../../../oauth/server/issued-tokens.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { ServerCall, WithRelyingParty } from '../server.ts';

/** Refuses clients of the published service, which has no pushed requests, revocation or introspection. */
export const requireStandard = check(
  'client-profile',
  async function requireStandard({ client: { registration } }: WithRelyingParty): Promise<void> {
    if (registration.profile === 'nhs') throw tokenErrors.endpointOff('the client is of the nhs profile');
  },
);

async function answerIntrospection({ introspection }: { introspection: Introspection }): Promise<Answer> {
  return json(200, introspection);
}

/** `POST /introspect` (RFC 7662). */
export const introspect = steps<ServerCall>('cis2.introspect')
  .step(readForm)
  .step(authenticateClient)
  .step(refusePublic)
  .step(requireStandard)
  .step(introspectToken)
  .step(answerIntrospection);

/** `POST /token/revoke` (RFC 7009). */
export const revoke = steps<ServerCall>('cis2.revoke')
  .step(readForm)
  .step(authenticateClient)
  .step(requireStandard)
  .step(revokeToken);
