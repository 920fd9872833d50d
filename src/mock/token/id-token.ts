import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import { halfHash } from '../../oauth/half-hash.ts';
import type { MockPerson } from '../people/people.ts';
import type { Realm } from '../realms.ts';
import type { CodeGrant } from '../sessions.ts';

/** Seconds. */
const lifetime = 3_600;

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
