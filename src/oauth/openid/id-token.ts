import { type Clock, seconds } from '@alongside/kernel/clock';
import { halfHash } from '@alongside/kernel/secrets';

/** A sign-in, as ID tokens describe it. */
export interface SignIn {
  readonly uid: string;
  /** Undefined, like the other members, if the provider of the sign-in did not name it. */
  readonly sid: string | undefined;
  /** NumericDate. */
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly methods: readonly string[] | undefined;
}

interface IdTokenOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly clientId: string;
  readonly accessToken: string;
  /** Of the authorization request; null after a refresh (OpenID Connect Core section 12.2). */
  readonly nonce: string | null;
}

/** Seconds. */
const lifetime = 3_600;

/** Returns the claims of an ID token about a sign-in (OpenID Connect Core sections 2 and 3.1.3.6). */
export function signInClaims(
  { uid, sid, authTime, acr, methods }: SignIn,
  { issuer, clock, clientId, accessToken, nonce }: IdTokenOptions,
): Record<string, unknown> {
  const now = seconds(clock);
  const claims = {
    iss: issuer,
    sub: uid,
    aud: clientId,
    exp: now + lifetime,
    iat: now,
    auth_time: authTime,
    nonce: nonce ?? undefined,
    at_hash: halfHash(accessToken),
    acr,
    amr: methods,
    sid,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
