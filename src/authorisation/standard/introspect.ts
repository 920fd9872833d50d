import { Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { check, steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { type Introspection, introspectToken, refusePublic } from '../../oauth/server/issued-tokens.ts';
import { requireApproval, type WithClient } from '../application/client.ts';
import { notAllowed, orElse } from './client-checks.ts';
import type { ServerCall } from './server.ts';

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
  .step(introspectToken)
  .step(answerIntrospection);
