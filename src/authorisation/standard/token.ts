import { Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { check, steps } from '@alongside/kernel/steps';
import {
  authenticateClient,
  authenticateForBatch,
  readForm,
} from '../../oauth/server/client-authentication/authenticate.ts';
import { runGrant } from '../../oauth/server/grant.ts';
import {
  type Introspection,
  introspectToken,
  refusePublic,
  revokeToken,
} from '../../oauth/server/issued-tokens.ts';
import { bindTokens, proveKey } from '../../oauth/server/sender-constraint.ts';
import {
  limitRate,
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  type WithClient,
} from '../application/client.ts';
import { applicationChecks, commitConditions, notAllowed, orElse } from './client-checks.ts';
import { grants } from './grants/registry.ts';
import type { ServerCall } from './server.ts';

/** The checks of the client of a token request (RFC 6749 section 3.2). */
export const tokenClientChecks = steps<ServerCall>('oauth2.1.token')
  .step(readForm)
  .step(authenticateForBatch)
  .use(applicationChecks(notAllowed))
  .step(check('rate-limit', limitRate));

/** `POST /token` of the standard profile: the client first, then its grant. */
export const token = tokenClientChecks.step(proveKey('token')).step(bindTokens).step(runGrant(grants));

/** `POST /revoke` (RFC 7009). */
export const revoke = steps<ServerCall>('oauth2.1.revoke')
  .step(readForm)
  .step(authenticateClient)
  .step(readProducts)
  .step(check('rate-limit', limitRate))
  .step(commitConditions)
  .step(revokeToken);

const signedType = 'application/token-introspection+jwt';
/** Algorithms of signed responses. */
export const introspectionAlgorithms = ['RS256'] as const;

/** Answers as JSON, or signed when the resource server accepts that (RFC 9701 sections 4 and 5). */
async function answerIntrospection({
  server,
  request,
  client,
  introspection,
}: ServerCall & WithClient & { introspection: Introspection }): Promise<Answer> {
  const wanted = (request.headers.accept ?? '').split(',').map((type) => type.split(';')[0]?.trim());
  if (!wanted.includes(signedType)) return json(200, introspection);
  const claims = {
    iss: server.issuer,
    aud: client.registration.clientId,
    iat: seconds(server.clock),
    token_introspection: introspection,
  };
  const [algorithm] = introspectionAlgorithms;
  const jwt = await server.parts.keys.sign(claims, { algorithm, typ: 'token-introspection+jwt' });
  return new Answer(200, { 'content-type': signedType, 'cache-control': 'no-store' }, jwt);
}

/** `POST /introspect` (RFC 7662), for resource servers (`/resource-servers` of the console). */
export const introspect = steps<ServerCall>('oauth2.1.introspect')
  .step(readForm)
  .step(authenticateClient)
  .step(refusePublic)
  .step(check('client-approval', orElse(requireApproval, notAllowed)))
  .step(check('developer', orElse(requireActiveDeveloper, notAllowed)))
  .step(introspectToken)
  .step(answerIntrospection);
