import { seconds } from '@alongside/kernel/clock';
import {
  type DecodedJwt,
  decodeJwt,
  isSigningAlgorithm,
  type SigningAlgorithm,
  verifySignature,
} from '@alongside/kernel/jws';
import type { PlatformHalf } from '../../../oauth/applications.ts';
import { readKeySet } from '../../../oauth/remote-keys.ts';
import { FetchError } from '../../../oauth/safe-fetch.ts';
import { clientAssertionType } from '../../application/assertion-type.ts';
import type { Parts } from '../../parts.ts';
import type { ClientMethod } from './method.ts';

/** Algorithms for a client that registered none. */
export const assertionAlgorithms: readonly SigningAlgorithm[] = ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'];

const longestAhead = 310;
const allowance = 10;
const types = ['jwt', 'client-authentication+jwt'];
const jtiKind = 'authorisation-standard-jti';

/** RFC 7523 section 3; the audience is the issuer alone (draft-ietf-oauth-rfc7523bis). */
function claimsFault(
  { header, claims }: DecodedJwt,
  clientId: string,
  issuer: string,
  now: number,
): string | undefined {
  const { iss, sub, aud, exp, nbf, iat, jti } = claims;
  if (header.typ !== undefined && !types.includes(String(header.typ).toLowerCase()))
    return `typ is ${String(header.typ)}`;
  if (iss !== clientId || sub !== clientId)
    return `iss is ${String(iss)}, sub is ${String(sub)}, the client is ${clientId}`;
  if (aud !== issuer) return `aud is ${JSON.stringify(aud)}, expected is the one string ${issuer}`;
  if (typeof exp !== 'number' || exp <= now) return `exp is ${String(exp)}, it is ${now} now`;
  if (exp > now + longestAhead) return `exp is ${exp - now} s ahead, ${longestAhead} are allowed`;
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + allowance))
    return `nbf is ${String(nbf)}, it is ${now} now`;
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + allowance))
    return `iat is ${String(iat)}, it is ${now} now`;
  return typeof jti === 'string' && jti !== '' ? undefined : 'there is no jti';
}

async function signatureFault(
  jwt: DecodedJwt,
  half: PlatformHalf,
  { clientKeys }: Parts,
): Promise<string | undefined> {
  const { alg, kid } = jwt.header;
  const allowed = half.signingAlg === '' ? assertionAlgorithms : [half.signingAlg];
  if (!isSigningAlgorithm(alg) || !allowed.includes(alg))
    return `alg is ${String(alg)}, allowed is ${allowed.join(', ')}`;
  if (typeof kid !== 'string') return 'the header has no kid';
  if (!half.jwks && !half.jwksUrl) return 'no key is registered';
  try {
    const key = half.jwks ? readKeySet(half.jwks).get(kid) : await clientKeys.key(half.jwksUrl ?? '', kid);
    if (!key) return `no registered key has the kid ${kid}`;
    return (await verifySignature(jwt, alg, key))
      ? undefined
      : `the signature is not the one of key ${kid} by ${alg}`;
  } catch (error) {
    if (error instanceof FetchError) return `${half.jwksUrl}: ${error.message}`;
    throw error;
  }
}

/** A JWT that the client signed with its registered key. */
export const privateKeyJwt: ClientMethod = {
  name: 'private_key_jwt',
  matches: (parameters) => parameters.has('client_assertion'),
  clientId(parameters) {
    const named = parameters.get('client_id');
    const { sub } = decodeJwt(parameters.get('client_assertion') ?? '')?.claims ?? {};
    return named === undefined || named === sub ? (typeof sub === 'string' ? sub : undefined) : undefined;
  },
  async fault(half, parameters, base, parts) {
    const type = parameters.get('client_assertion_type');
    if (type !== clientAssertionType) return `client_assertion_type is ${type ?? 'missing'}`;
    const jwt = decodeJwt(parameters.get('client_assertion') ?? '');
    if (!jwt) return 'client_assertion is not a compact JWS';
    const now = seconds(parts.clock);
    const fault =
      claimsFault(jwt, half.clientId, base.issuer, now) ?? (await signatureFault(jwt, half, parts));
    if (fault !== undefined) return fault;
    // Only a proven assertion uses its jti up.
    const remembered = (Number(jwt.claims.exp) + allowance - now) * 1_000;
    const first = await parts.singleUse.claim(
      jtiKind,
      `${half.clientId}\n${String(jwt.claims.jti)}`,
      remembered,
    );
    return first ? undefined : `the jti ${String(jwt.claims.jti)} was used before`;
  },
};
