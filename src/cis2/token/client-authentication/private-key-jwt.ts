import type { KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { decodeJwt, type JwtClaims, type SigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import type { Cis2Half } from '../../../oauth/applications.ts';
import { type RemoteKeys, readKeySet } from '../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { errors } from '../../errors.ts';
import type { ClientAuthenticationMethod, TokenRequest } from './method.ts';

interface Parts {
  issuer: string;
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const algorithms: readonly string[] = ['RS256', 'RS512', 'ES256', 'PS256'] satisfies SigningAlgorithm[];
const isAlgorithm = (value: unknown): value is SigningAlgorithm =>
  typeof value === 'string' && algorithms.includes(value);
/** A type need not be named; another type is another token (RFC 8725 section 3.11). */
const types: readonly unknown[] = [undefined, 'JWT', 'jwt', 'client-authentication+jwt'];
/** Longest time from now to `exp`, and what clocks may differ by; seconds. */
const longest = 300;
const skew = 10;

const refuse = (detail: string) => errors.assertionInvalid(detail);

const assertionOf = ({ parameters }: TokenRequest): string => parameters.get('client_assertion') ?? '';

async function findKey(client: Cis2Half, kid: string, keys: RemoteKeys): Promise<KeyObject> {
  const inline = client.jwks && readKeySet(client.jwks);
  let key = inline?.get(kid);
  if (!key && client.jwksUrl) {
    try {
      key = await keys.key(client.jwksUrl, kid);
    } catch (error) {
      throw refuse(`the keys at ${client.jwksUrl} cannot be read: ${reasonOf(error)}`);
    }
  }
  if (!key)
    throw refuse(
      `no key of the client has the kid ${kid}${inline ? `; there are: ${[...inline.keys()].join(' ')}` : ''}`,
    );
  return key;
}

/** Who it is for: the published service wants its token endpoint, all others its issuer, and nothing beside. */
function checkAudience(claims: JwtClaims, client: Cis2Half, issuer: string): void {
  const expected = client.profile === 'nhs' ? `${issuer}/access_token` : issuer;
  if (claims.aud !== expected) throw refuse(`aud is ${JSON.stringify(claims.aud)}, ${expected} was expected`);
}

/** Times (RFC 7523 section 3); answers when it ends. */
function checkTimes({ exp, iat, nbf }: JwtClaims, now: number): number {
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw refuse('exp is missing');
  if (exp + skew <= now) throw refuse(`exp was ${now - exp} s ago`);
  if (exp > now + longest + skew) throw refuse(`exp is ${exp - now} s away, ${longest} are allowed`);
  for (const [name, value] of Object.entries({ iat, nbf })) {
    if (value === undefined) continue;
    if (typeof value !== 'number') throw refuse(`${name} is not a number`);
    if (value > now + skew) throw refuse(`${name} is ${value - now} s ahead`);
  }
  return exp;
}

/** `private_key_jwt` (OpenID Connect Core section 9, RFC 7523). */
export const privateKeyJwt = ({
  issuer,
  clock,
  singleUse,
  clientKeys,
}: Parts): ClientAuthenticationMethod => ({
  id: 'private_key_jwt',
  isUsed: ({ parameters }) => parameters.has('client_assertion') || parameters.has('client_assertion_type'),
  claimedClient(asked) {
    const { iss, sub } = decodeJwt(assertionOf(asked))?.claims ?? {};
    return typeof sub === 'string' && sub === iss ? sub : undefined;
  },
  refuse,
  async prove(asked, { client }) {
    if (asked.parameters.get('client_assertion_type') !== assertionType)
      throw refuse('client_assertion_type is another one');
    const jwt = decodeJwt(assertionOf(asked));
    if (!jwt) throw refuse('it is not a JWT');
    const { alg, kid, typ } = jwt.header;
    if (!isAlgorithm(alg) || (client.signingAlg && alg !== client.signingAlg))
      throw refuse(`alg is ${String(alg)}, ${client.signingAlg || algorithms.join(' or ')} was expected`);
    if (!types.includes(typ)) throw refuse(`typ is ${String(typ)}`);
    if (typeof kid !== 'string') throw refuse('kid is missing');
    const key = await findKey(client, kid, clientKeys);
    if (!(await verifySignature(jwt, alg, key))) throw refuse('the signature does not hold');
    checkAudience(jwt.claims, client, issuer);
    const now = seconds(clock);
    const exp = checkTimes(jwt.claims, now);
    const { jti } = jwt.claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refuse('jti is missing or too long');
    // Only now, so that nobody can use up another's jti with a bad signature (RFC 7523 section 3).
    const first = await singleUse.claim(
      'cis2-assertion',
      `${client.clientId}\n${jti}`,
      (exp + skew - now) * 1000,
    );
    if (!first) throw refuse('the jti was used before');
  },
});
