import { createHash } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { MockPerson } from '../people/people.ts';
import type { Realm } from '../realms.ts';
import type { CodeGrant } from '../sessions.ts';

/** Seconds. */
const lifetime = 3_600;

/** The left half of the SHA-256 of the access token (OpenID Connect Core section 3.1.3.6). */
const halfHash = (value: string): string =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

/** The ID token of a redeemed code: RS256, with `kid` and `typ: JWT` in its header (OpenID Connect Core section 2). */
export function signIdToken(
  { keys, clock }: { keys: SigningKeys; clock: Clock },
  realm: Realm,
  { grant, person, accessToken }: { grant: CodeGrant; person: MockPerson; accessToken: string },
): Promise<string> {
  const now = seconds(clock);
  const claims = {
    ...person.idToken,
    iss: realm.issuer,
    sub: person.sub,
    aud: grant.clientId,
    azp: grant.clientId,
    exp: now + lifetime,
    iat: now,
    auth_time: grant.authTime,
    jti: uuid(),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    at_hash: halfHash(accessToken),
    sid: grant.sid,
  };
  return keys.sign(claims, { algorithm: 'RS256' });
}
