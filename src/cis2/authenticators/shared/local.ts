import type { Credentials } from '../../model/credentials.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';

/** The common members of authenticators without an agent. Users choose them, and their sessions need a live credential. */
export const local = (
  id: string,
  credentials: Credentials,
): Pick<Authenticator, 'id' | 'inWindow' | 'goesStraight' | 'checkSession' | 'usableBy'> => ({
  id,
  inWindow: false,
  goesStraight: async () => false,
  usableBy: async (uid) => (await credentials.of(uid, id)).length > 0,
  async checkSession({ authentication: { credentialId } }) {
    if (!credentialId || (await credentials.get(credentialId))) return { valid: true };
    return { valid: false, ended: 'administrator' };
  },
});
