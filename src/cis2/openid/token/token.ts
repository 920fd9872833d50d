import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint } from '@alongside/kernel/http';
import { check, steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../../oauth/parameters.ts';
import { RequestBatch, type WithBatch } from '../../../oauth/request-batch.ts';
import {
  authenticateClient,
  authenticateForBatch,
  readForm,
} from '../../../oauth/server/client-authentication/authenticate.ts';
import { runGrant } from '../../../oauth/server/grant.ts';
import {
  type Introspection,
  introspectToken,
  refusePublic,
  revokeToken,
} from '../../../oauth/server/issued-tokens.ts';
import { bindTokens, proveKey } from '../../../oauth/server/sender-constraint.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { Cis2Server, ServerCall, WithRelyingParty } from '../server.ts';
import { grants } from './grants/registry.ts';

/** `POST /access_token` (RFC 6749 section 3.2). */
export const token = steps<ServerCall & WithBatch>('cis2.token')
  .step(readForm)
  .step(authenticateForBatch)
  .step(proveKey('token'))
  .step(bindTokens)
  .step(runGrant(grants));

/** Returns the refusal of a request. A failed condition of an earlier check, such as an unused assertion, takes precedence. */
async function refusalOf(batch: RequestBatch, thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Refusal)) return thrown;
  return batch.settle().then(
    () => thrown,
    (earlier: unknown) => earlier,
  );
}

/** Runs the endpoint, and records the event of a refusal. Its client may be unknown, so it is called an application. */
export const createToken =
  (server: Cis2Server): Endpoint =>
  async (request) => {
    const batch = new RequestBatch(server.database);
    try {
      return await token.run({ server, request, batch });
    } catch (error) {
      const thrown = await refusalOf(batch, error);
      if (thrown instanceof Refusal) {
        const form = parseParameters(request.body);
        const refreshToken = form?.get('refresh_token');
        const record = refreshToken === undefined ? undefined : await server.tokens.find(refreshToken);
        server.recorder.record({
          keys: [form?.get('code') ?? ''],
          lasting: record?.family ?? '',
          from: 'application',
          to: 'cis2',
          name: 'cis2.token',
          outcome: 'refused',
          detail: { error: thrown.entry.id },
        });
      }
      throw thrown;
    }
  };

/** Refuses clients of the published service, which lacks pushed requests, revocation and introspection. */
export const requireStandard = check(
  'client-profile',
  function requireStandard({ client: { registration } }: WithRelyingParty): void {
    if (registration.profile === 'nhs') throw tokenErrors.endpointOff('the client is of the nhs profile');
  },
);

function answerIntrospection({ introspection }: { introspection: Introspection }): Answer {
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
