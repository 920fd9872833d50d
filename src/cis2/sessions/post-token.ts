import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { TokenSigner } from '@alongside/kernel/keys';
import { outbound } from '@alongside/kernel/outbound';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { logoutToken } from './logout-token.ts';

interface Parts {
  issuer: string;
  development: boolean;
  keys: TokenSigner;
  /** Signs what is not for our own platform; the keys unless told. */
  logoutSigner?: TokenSigner | undefined;
  clock: Clock;
}

interface Message {
  address: string;
  trusted: boolean;
  uid: string;
  sid: string;
}

/** One attempt to tell a relying party (OpenID Connect Back-Channel Logout section 2.5). */
export async function postLogoutToken(
  parts: Parts,
  { address, trusted, uid, sid }: Message,
  registration: Cis2Registration,
): Promise<{ delivered: boolean; detail: string }> {
  try {
    const keys = (trusted ? undefined : parts.logoutSigner) ?? parts.keys;
    const token = await logoutToken({ ...parts, keys }, registration, { uid, sid, trusted });
    const { status, body } = await outbound(
      address,
      { privateAddresses: trusted || parts.development },
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: `logout_token=${token}`,
      },
    );
    // The platform's way to say that nothing of the session is left there.
    const unknown = status === 501 && body.includes('SID not found');
    return { delivered: (status >= 200 && status < 300) || unknown, detail: `status ${status}` };
  } catch (error) {
    return { delivered: false, detail: reasonOf(error) };
  }
}
