import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import { outbound } from '@alongside/kernel/outbound';
import type { Cis2Registration } from '../../oauth/applications.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const lifetime = 120;

/**
 * Returns a logout token for one relying party (OpenID Connect Back-Channel Logout section 2.4). Each attempt has a new token and
 * jti, because only the response of the previous one may have been lost.
 */
function logoutToken(
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

interface LogoutSender {
  issuer: string;
  development: boolean;
  keys: TokenSigner;
  /** Signs tokens for other relying parties than the API platform; `keys` by default. */
  logoutSigner?: TokenSigner | undefined;
  clock: Clock;
  /** Ends the call. */
  signal: AbortSignal;
}

interface LogoutNotification {
  address: string;
  trusted: boolean;
  uid: string;
  sid: string;
}

/** Sends a logout token to a relying party (OpenID Connect Back-Channel Logout section 2.5). */
export async function postLogoutToken(
  sender: LogoutSender,
  { address, trusted, uid, sid }: LogoutNotification,
  registration: Cis2Registration,
): Promise<{ delivered: boolean; result: string }> {
  try {
    const keys = (trusted ? undefined : sender.logoutSigner) ?? sender.keys;
    const token = await logoutToken({ ...sender, keys }, registration, { uid, sid, trusted });
    const { status, body } = await outbound(
      address,
      { privateAddresses: trusted || sender.development },
      {
        purpose: 'logout',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: `logout_token=${token}`,
        signal: sender.signal,
      },
    );
    // The platform reports in this way that it has nothing of the session.
    const isUnknown = status === 501 && body.includes('SID not found');
    return { delivered: (status >= 200 && status < 300) || isUnknown, result: `status ${status}` };
  } catch (error) {
    sender.signal.throwIfAborted();
    return { delivered: false, result: reasonOf(error) };
  }
}
