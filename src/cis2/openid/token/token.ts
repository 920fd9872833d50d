import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../../oauth/parameters.ts';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../../oauth/server/form.ts';
import { bindTokens, proveKey } from '../../../oauth/server/sender-constraint.ts';
import { auditRefusals, type GrantEndpoint, runGrant } from '../../../oauth/server/token-endpoint.ts';
import type { Cis2Server, ServerCall, WithRelyingParty } from '../server.ts';
import type { Grant, GrantRequest } from './grants/grant.ts';

const grantEndpoint = ({
  type,
  validate,
  issue,
}: Grant): GrantEndpoint<ServerCall & GrantRequest & WithRelyingParty> => ({
  type,
  run: async (call) => json(200, await issue(call, await validate(call)), { pragma: 'no-cache' }),
});

/** Who asked is not always known by then, so it stands for an application. */
const noteRefusal = (recorder: Recorder, key: string, { entry }: Refusal): void =>
  recorder.record({
    keys: [key],
    from: 'application',
    to: 'cis2',
    name: 'cis2.token',
    outcome: 'refused',
    detail: { error: entry.id },
  });

/** `POST /access_token` (RFC 6749 section 3.2). */
export function createToken(server: Cis2Server, grants: readonly Grant[], recorder: Recorder): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(proveKey('token'))
    .step(bindTokens)
    .step(runGrant(grants.map((grant) => auditRefusals(grantEndpoint(grant)))));
  return async (request) => {
    try {
      return await list.run({ server, request });
    } catch (thrown) {
      const form = parseParameters(request.body);
      const key = form?.get('code') ?? form?.get('refresh_token') ?? '';
      if (thrown instanceof Refusal) noteRefusal(recorder, key, thrown);
      throw thrown;
    }
  };
}
