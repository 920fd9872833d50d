import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { bindTokens, proveKey } from '../../oauth/server/sender-constraint.ts';
import { auditRefusals, runGrant } from '../../oauth/server/token-endpoint.ts';
import {
  limitRate,
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
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

/** `POST /token` of the standard profile: the client first, then its grant. */
export function createToken(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const endpoints = grants.map(({ type, endpoint }) => auditRefusals({ type, run: endpoint(base, parts) }));
  const list = tokenClientChecks(base, parts)
    .step(proveKey('token'))
    .step(bindTokens)
    .step(runGrant(endpoints));
  return (request) => list.run({ server, request });
}
