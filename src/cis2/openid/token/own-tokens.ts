import { type Answer, json } from '@alongside/kernel/answer';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../../oauth/server/form.ts';
import { type Introspection, introspectToken, refusePublic } from '../../../oauth/server/introspection.ts';
import { revokeToken } from '../../../oauth/server/revocation.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { Cis2Server, ServerCall, WithRelyingParty } from '../server.ts';

/** The published service has no pushed requests, revocation or introspection. */
export async function requireStandard({ client: { registration } }: WithRelyingParty): Promise<void> {
  if (registration.profile === 'nhs') throw tokenErrors.endpointOff('the client is of the nhs profile');
}

const answerIntrospection = async ({ introspection }: { introspection: Introspection }): Promise<Answer> =>
  json(200, introspection);

/** `POST /introspect` (RFC 7662). */
export function createIntrospect(server: Cis2Server): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(refusePublic)
    .step(requireStandard)
    .step(introspectToken)
    .step(answerIntrospection);
  return (request) => list.run({ server, request });
}

/** `POST /token/revoke` (RFC 7009). */
export function createRevoke(server: Cis2Server): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(requireStandard)
    .step(revokeToken);
  return (request) => list.run({ server, request });
}
