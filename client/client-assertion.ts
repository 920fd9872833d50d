import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from './clock.ts';
import type { SigningAlgorithm, SigningKey } from './keys.ts';
import { readSigningKey } from './keys.ts';

/** The value of `client_assertion_type`. // RFC 7523 section 2.2 */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Claims of a client assertion. */
export interface ClientAssertionSettings {
  clientId: string;
  /** The address of the token endpoint, or the issuer in profiles that require it. */
  audience: string;
  key: SigningKey;
  alg: SigningAlgorithm;
  clock: Clock;
}

// The services refuse more than 300 s; the difference allows for a fast clock.
const LIFETIME_SECONDS = 240;

/** Signs a client assertion with a new `jti`, valid for one call. // RFC 7523 section 3 */
export async function signClientAssertion(settings: ClientAssertionSettings): Promise<string> {
  const { kid, key } = readSigningKey('key', settings.key, settings.alg);
  const now = Math.floor(settings.clock.now() / 1000);
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: settings.alg, kid, typ: 'JWT' })
    .setIssuer(settings.clientId)
    .setSubject(settings.clientId)
    .setAudience(settings.audience)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME_SECONDS)
    .sign(key);
}
