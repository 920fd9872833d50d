import type { Credentials } from '../../model/credentials.ts';
import type { Session } from '../../model/session.ts';
import type { Authenticator, SessionValidity } from '../../sign-in/authenticator.ts';

/** What every authenticator without an agent has in common: it waits for the person, and holds as long as its credential lives. */
export const local = (
  credentials: Credentials,
): Pick<Authenticator, 'inWindow' | 'goesStraight' | 'checkSession'> => ({
  inWindow: false,
  goesStraight: async () => false,
  async checkSession({ authentication: { credentialId } }: Session): Promise<SessionValidity> {
    if (!credentialId || (await credentials.get(credentialId))) return { valid: true };
    return { valid: false, ended: 'administrator' };
  },
});
