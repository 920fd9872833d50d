import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { TokenSigner } from '@alongside/kernel/keys';
import { outbound } from '@alongside/kernel/outbound';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { logoutToken } from './logout-token.ts';

interface LogoutSender {
  issuer: string;
  development: boolean;
  keys: TokenSigner;
  /** Signs tokens for other relying parties than the API platform; `keys` by default. */
  logoutSigner?: TokenSigner | undefined;
  clock: Clock;
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
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: `logout_token=${token}`,
      },
    );
    // The platform reports in this way that it has nothing of the session.
    const isUnknown = status === 501 && body.includes('SID not found');
    return { delivered: (status >= 200 && status < 300) || isUnknown, result: `status ${status}` };
  } catch (error) {
    return { delivered: false, result: reasonOf(error) };
  }
}
