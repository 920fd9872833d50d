import type { Credentials } from '../../model/credentials.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';

/** The members of every authenticator without an agent: a choice of the user, whose sessions need a live credential. */
export const local = (
  credentials: Credentials,
): Pick<Authenticator, 'inWindow' | 'goesStraight' | 'checkSession'> => ({
  inWindow: false,
  goesStraight: async () => false,
  async checkSession({ authentication: { credentialId } }) {
    if (!credentialId || (await credentials.get(credentialId))) return { valid: true };
    return { valid: false, ended: 'administrator' };
  },
});
