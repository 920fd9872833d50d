import { Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { type Introspection, introspectToken, refusePublic } from '../../oauth/server/introspection.ts';
import { requireApproval, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import type { Incoming } from './incoming.ts';
import { notAllowed, orElse } from './or-else.ts';
import type { ServerCall, StandardServer } from './server.ts';

const signedType = 'application/token-introspection+jwt';
/** Algorithm of signed answers. */
export const introspectionAlgorithms = ['RS256'] as const;

/** As JSON, or signed where the resource server asks for that (RFC 9701 sections 4 and 5). */
const answerWith = ({ keys, clock }: Pick<Parts, 'keys' | 'clock'>, base: Base) =>
  async function answerWith({
    request,
    client,
    introspection,
  }: Incoming & WithClient & { introspection: Introspection }): Promise<Answer> {
    const wanted = (request.headers.accept ?? '').split(',').map((type) => type.split(';')[0]?.trim());
    if (!wanted.includes(signedType)) return json(200, introspection);
    const claims = {
      iss: base.issuer,
      aud: client.registration.clientId,
      iat: seconds(clock),
      token_introspection: introspection,
    };
    const [algorithm] = introspectionAlgorithms;
    const jwt = await keys.sign(claims, { algorithm, typ: 'token-introspection+jwt' });
    return new Answer(200, { 'content-type': signedType, 'cache-control': 'no-store' }, jwt);
  };

/** `POST /introspect` (RFC 7662), for resource servers (`/resource-servers` of the console). */
export function createIntrospect(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(refusePublic)
    .step(orElse(requireApproval, notAllowed))
    .step(introspectToken)
    .step(answerWith(parts, base));
  return (request) => list.run({ server, request });
}
