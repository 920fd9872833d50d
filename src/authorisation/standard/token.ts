import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { bindTokens, proveKey } from '../../oauth/server/sender-constraint.ts';
import {
  limitRate,
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { recordRefusedTokens } from '../refused-tokens.ts';
import { errors } from './errors.ts';
import type { FromClient, Grant } from './grants/grant.ts';
import { grants } from './grants/registry.ts';
import { notAllowed, orElse } from './or-else.ts';
import type { ServerCall, StandardServer } from './server.ts';

/** The checks of the client of a token request (RFC 6749 section 3.2). */
export function tokenClientChecks(base: Base, parts: Parts) {
  const { products, developers, limiter } = parts;
  return steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(orElse(requireApproval, notAllowed))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), notAllowed))
    .step(orElse(requireActiveDeveloper(developers), notAllowed))
    .step(limitRate(limiter, base));
}

/** Runs the endpoint of the grant that a request names. */
export const runGrant = (endpointOf: (grant: Grant) => (known: FromClient) => Promise<Answer>) => {
  const endpoints = new Map(grants.map((grant) => [grant.type, endpointOf(grant)]));
  return async function runGrant(known: FromClient): Promise<Answer> {
    const type = known.parameters.get('grant_type');
    if (type === undefined) throw errors.grantMissing('grant_type is missing');
    const endpoint = endpoints.get(type);
    if (!endpoint) throw errors.grantUnsupported(`grant_type is ${type}`);
    return endpoint(known);
  };
};

/** `POST /token` of the standard profile: the client first, then its grant. */
export function createToken(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const run = runGrant((grant) => grant.endpoint(base, parts));
  const list = tokenClientChecks(base, parts)
    .step(proveKey('token'))
    .step(bindTokens)
    .step(async function issueTokens(known: FromClient): Promise<Answer> {
      try {
        return await run(known);
      } catch (thrown) {
        const { request, client, parameters } = known;
        // A public client has proven nothing.
        const grant = parameters.get('grant_type');
        if (client.half.tokenEndpointAuthMethod !== 'none' && grants.some(({ type }) => type === grant)) {
          const refused = { request, application: client.application.id, grant: grant ?? '' };
          await recordRefusedTokens(parts, base, refused, thrown);
        }
        throw thrown;
      }
    });
  return (request) => list.run({ server, request });
}
