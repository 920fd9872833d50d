import type { KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { decodeJwt, isSigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { type RemoteKeys, readKeySet } from '../../oauth/remote-keys.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import type { TokenRequest } from './request.ts';

interface Parts {
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds: the longest life of an assertion, as a provider for citizens grants it, and what clocks may differ by. */
const longest = 3_600;
const skew = 10;

const refuse = (detail: string) => errors.clientUnauthenticated(`client_assertion: ${detail}`);

/** Who an assertion speaks for, before anything was proved. */
export function claimedClient(assertion: string): string | undefined {
  const { iss, sub } = decodeJwt(assertion)?.claims ?? {};
  return typeof sub === 'string' && sub === iss ? sub : undefined;
}

async function keyOf(
  client: MockClient,
  kid: string,
  clientKeys: RemoteKeys,
): Promise<KeyObject | undefined> {
  const registered = client.jwks ? readKeySet(client.jwks).get(kid) : undefined;
  if (registered || !client.jwksUrl) return registered;
  try {
    return await clientKeys.key(client.jwksUrl, kid);
  } catch (error) {
    throw refuse(`${client.jwksUrl}: ${reasonOf(error)}`);
  }
}

/** A client assertion (RFC 7523 section 3), for the token endpoint or the issuer. Each `jti` counts once. */
export async function checkAssertion(
  { clock, singleUse, clientKeys }: Parts,
  client: MockClient,
  { parameters, realm }: TokenRequest,
): Promise<void> {
  if (parameters.get('client_assertion_type') !== assertionType)
    throw refuse('client_assertion_type is another one');
  const jwt = decodeJwt(parameters.get('client_assertion') ?? '');
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, kid } = jwt.header;
  if (!isSigningAlgorithm(alg) || (client.signingAlg !== '' && alg !== client.signingAlg))
    throw refuse(`alg is ${String(alg)}, ${client.signingAlg || 'an asymmetric one'} was expected`);
  const key = typeof kid === 'string' ? await keyOf(client, kid, clientKeys) : undefined;
  if (!key) throw refuse(`no key of the client has the kid ${String(kid)}`);
  if (!(await verifySignature(jwt, alg, key))) throw refuse('the signature does not hold');
  const { aud, exp, jti } = jwt.claims;
  if (aud !== realm.endpoints.token && aud !== realm.issuer)
    throw refuse(`aud is ${JSON.stringify(aud)}, ${realm.endpoints.token} was expected`);
  const now = seconds(clock);
  if (typeof exp !== 'number' || exp + skew <= now || exp > now + longest + skew)
    throw refuse(`exp is ${String(exp)}, it is ${now} now`);
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refuse('jti is missing or too long');
  const first = await singleUse.claim(
    'mock-assertion',
    `${client.clientId}\n${jti}`,
    (Math.ceil(exp) + skew - now) * 1_000,
  );
  if (!first) throw refuse('its jti was used before');
}
