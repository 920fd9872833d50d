import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { uuid } from '@alongside/kernel/ids';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import type { Attempt, Outcome } from '../../storage/outbox.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds. */
const lifetime = 120;

/**
 * Returns a logout token for one relying party (OpenID Connect Back-Channel Logout section 2.4). Each attempt has a new token and
 * jti, because only the response of the previous one may have been lost.
 */
function logoutToken(
  parts: { keys: TokenSigner; issuer: string; clock: Clock },
  { clientId, uid, sid, algorithm, typ }: Omit<LogoutNotification, 'address' | 'trusted'>,
): Promise<string> {
  const now = seconds(parts.clock);
  const claims = {
    iss: parts.issuer,
    aud: clientId,
    sub: uid,
    sid,
    iat: now,
    exp: now + lifetime,
    jti: uuid(),
    events: { [event]: {} },
  };
  return parts.keys.sign(claims, { algorithm, typ });
}

interface LogoutSender {
  issuer: string;
  development: boolean;
  keys: TokenSigner;
  clock: Clock;
  /** Ends the call. */
  signal: AbortSignal;
}

interface LogoutNotification {
  clientId: string;
  address: string;
  /** The address belongs to the operator, so it may be private. */
  trusted: boolean;
  uid: string;
  sid: string;
  algorithm: SigningAlgorithm;
  typ: 'JWT' | 'logout+jwt';
}

/** Sends a logout token to a relying party (OpenID Connect Back-Channel Logout section 2.5). */
export async function postLogoutToken(
  sender: LogoutSender,
  notification: LogoutNotification,
): Promise<{ delivered: boolean; result: string }> {
  try {
    const { address, trusted } = notification;
    const token = await logoutToken(sender, notification);
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

const second = 1_000;

/** How long every provider keeps trying to deliver a logout token. */
export const logoutRetries = {
  waits: [2, 8, 20, 60, 300, 900, 1_800].map((seconds) => seconds * second),
  hold: 10 * second,
  keptFor: 7 * 86_400 * second,
};

interface Delivered extends Pick<Attempt<unknown>, 'attempt' | 'nextWait'> {
  body: { sid: string; clientId: string; address: string };
}

/** Logs one attempt to deliver a logout token. */
export function logDelivery(
  log: Log,
  { body: { sid, clientId: client, address }, attempt, nextWait }: Delivered,
  { delivered, result }: Outcome,
): void {
  const fields = { sid, client, address, attempt, result };
  if (delivered) log.info(fields, 'back-channel logout delivered');
  else if (nextWait === undefined) log.error(fields, 'back-channel logout given up');
  else log.warn({ ...fields, againInSeconds: nextWait / second }, 'back-channel logout failed');
}
