import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Cis2Registration } from '../../oauth/applications.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const lifetime = 120;

/**
 * Returns a logout token for one relying party (OpenID Connect Back-Channel Logout section 2.4). Each attempt has a new token and
 * jti, because only the response of the previous one may have been lost.
 */
export function logoutToken(
  parts: { keys: TokenSigner; issuer: string; clock: Clock },
  registration: Cis2Registration,
  { uid, sid, trusted }: { uid: string; sid: string; trusted: boolean },
): Promise<string> {
  const now = seconds(parts.clock);
  const claims = {
    iss: parts.issuer,
    aud: registration.clientId,
    sub: uid,
    sid,
    iat: now,
    exp: now + lifetime,
    jti: uuid(),
    events: { [event]: {} },
  };
  // Relying parties of the published service require RS256 and the type JWT; the platform accepts both types.
  const nhs = registration.profile === 'nhs';
  return parts.keys.sign(claims, {
    algorithm: nhs ? 'RS256' : registration.idTokenSigningAlg,
    typ: nhs && !trusted ? 'JWT' : 'logout+jwt',
  });
}
