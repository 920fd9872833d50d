import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Cis2Registration } from '../../oauth/applications.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const lifetime = 120;

/**
 * A logout token for one relying party (OpenID Connect Back-Channel Logout section 2.4). Each attempt has a token and
 * a jti of its own, for the answer to the one before may have been lost.
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
  // Relying parties of the published service pin RS256 and know no other type; our own platform knows both.
  const nhs = registration.profile === 'nhs';
  return parts.keys.sign(claims, {
    algorithm: nhs ? 'RS256' : registration.idTokenSigningAlg,
    typ: nhs && !trusted ? 'JWT' : 'logout+jwt',
  });
}
