import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { decodeJwt, isSigningAlgorithm } from '@alongside/kernel/jws';
import { clientAssertionType } from '../../oauth/client-assertion.ts';
import { signedBy } from '../../oauth/key-source.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { TokenRequest } from './request.ts';

interface Parts {
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
}

/** Seconds: the longest life of an assertion, as a provider for citizens grants it, and what clocks may differ by. */
const longest = 3_600;
const skew = 10;

const refuse = (detail: string) => errors.clientUnauthenticated(`client_assertion: ${detail}`);

/** Who an assertion speaks for, before anything was proved. */
export function claimedClient(assertion: string): string | undefined {
  const { iss, sub } = decodeJwt(assertion)?.claims ?? {};
  return typeof sub === 'string' && sub === iss ? sub : undefined;
}

/** A client assertion (RFC 7523 section 3), for the token endpoint or the issuer. Each `jti` counts once. */
export async function checkAssertion(
  { clock, singleUse, clientKeys }: Parts,
  client: MockClient,
  { parameters, realm }: TokenRequest,
): Promise<void> {
  if (parameters.get('client_assertion_type') !== clientAssertionType)
    throw refuse('client_assertion_type is another one');
  const jwt = decodeJwt(parameters.get('client_assertion') ?? '');
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, kid } = jwt.header;
  if (!isSigningAlgorithm(alg) || (client.signingAlg !== '' && alg !== client.signingAlg))
    throw refuse(`alg is ${String(alg)}, ${client.signingAlg || 'an asymmetric one'} was expected`);
  const signed = await signedBy(client, jwt, alg, clientKeys).catch((error: unknown) => {
    throw refuse(`${client.jwksUrl}: ${reasonOf(error)}`);
  });
  if (signed !== 'yes') throw refuse(`the signature by key ${String(kid)}: ${signed}`);
  const { aud, exp, jti } = jwt.claims;
  if (aud !== realm.endpoints.token && aud !== realm.issuer)
    throw refuse(`aud is ${JSON.stringify(aud)}, ${realm.endpoints.token} was expected`);
  const now = seconds(clock);
  if (typeof exp !== 'number' || exp + skew <= now || exp > now + longest + skew)
    throw refuse(`exp is ${shownTime(exp, now)}`);
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refuse('jti is missing or too long');
  const first = await singleUse.claim(
    'mock-assertion',
    `${client.clientId}\n${jti}`,
    (Math.ceil(exp) + skew - now) * 1_000,
  );
  if (!first) throw refuse('its jti was used before');
}
