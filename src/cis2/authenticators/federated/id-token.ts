import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { decodeJwt, isSigningAlgorithm, type JwtClaims } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { signedBy } from '../../../oauth/key-source.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { FederatedProvider } from './provider.ts';
import { FederationProblem, type ProviderMetadata } from './upstream.ts';

/** The expected values of an ID token. */
interface Expected {
  provider: FederatedProvider;
  metadata: ProviderMetadata;
  nonce: string;
  /** Seconds. */
  maxAge: number;
}

/** The user who signed in at the provider. */
export interface UpstreamPerson {
  /** Issuer and `sub`, which identify the account; never an e-mail address. */
  lookup: string;
  /** The account's name for its owner. */
  name: string;
  /** Milliseconds. */
  authenticatedAt: number;
}

/** Seconds. Accepted clock difference. */
const skew = 60;
/** Seconds since `iat`, at most. */
const oldest = 600;

const refuse = (detail: string) => new FederationProblem('refused', `ID token: ${detail}`);

function checkAudience({ aud, azp }: JwtClaims, clientId: string): void {
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) throw refuse(`aud is ${audiences.join(' ')}`);
  if (audiences.length > 1 && azp === undefined) throw refuse('several aud and no azp');
  if (azp !== undefined && azp !== clientId) throw refuse(`azp is ${String(azp)}`);
}

function checkTimes({ exp, iat, auth_time }: JwtClaims, now: number, maxAge: number): number {
  if (typeof exp !== 'number' || exp + skew <= now) throw refuse(`exp is ${String(exp)} at ${now}`);
  if (typeof iat !== 'number' || iat > now + skew || iat < now - oldest)
    throw refuse(`iat is ${String(iat)} at ${now}`);
  if (typeof auth_time !== 'number' || auth_time > now + skew)
    throw refuse(`auth_time is ${String(auth_time)} at ${now}`);
  if (now - auth_time > maxAge + skew) throw refuse(`auth_time ${auth_time} is older than ${maxAge} s`);
  return auth_time;
}

/** Verifies an ID token (OpenID Connect Core section 3.1.3.7). Throws FederationProblem. */
export async function verifyUpstream(
  token: string,
  { provider, metadata, nonce, maxAge }: Expected,
  keys: RemoteKeys,
  clock: Clock,
): Promise<UpstreamPerson> {
  const jwt = decodeJwt(token);
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, typ } = jwt.header;
  if (!isSigningAlgorithm(alg) || !metadata.algorithms.includes(alg)) throw refuse(`alg is ${String(alg)}`);
  if (typ !== undefined && String(typ).toUpperCase() !== 'JWT') throw refuse(`typ is ${String(typ)}`);
  const source = { jwks: null, jwksUrl: metadata.jwksUri };
  const signed = await Promise.resolve(signedBy(source, jwt, alg, keys)).catch((error) => {
    throw new FederationProblem('unreachable', `its keys: ${reasonOf(error)}`);
  });
  if (signed !== 'yes') throw refuse(`signature: ${signed}`);
  const { claims } = jwt;
  if (claims.iss !== provider.issuer) throw refuse(`iss is ${String(claims.iss)}`);
  checkAudience(claims, provider.clientId);
  const authTime = checkTimes(claims, Math.floor(clock.now() / 1000), maxAge);
  if (typeof claims.nonce !== 'string' || !equalSecrets(claims.nonce, nonce))
    throw refuse('nonce is of another sign-in');
  const { sub, acr } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > 255)
    throw refuse('sub is missing, empty or too long');
  if (provider.acr.length > 0 && !(typeof acr === 'string' && provider.acr.includes(acr)))
    throw new FederationProblem('tooLow', `acr is ${String(acr)}, expected one of ${provider.acr.join(' ')}`);
  const name = claims[provider.nameClaim];
  return {
    lookup: `${provider.issuer}|${sub}`,
    name: typeof name === 'string' && name !== '' ? name : provider.label,
    authenticatedAt: authTime * 1000,
  };
}
