import type { Credentials } from '../../model/credentials.ts';
import type { Session } from '../../model/session.ts';
import type { Authenticator, Standing } from '../../sign-in/authenticator.ts';

/** What every authenticator without an agent has in common: it waits for the person, and holds as long as its credential lives. */
export const local = (
  credentials: Credentials,
): Pick<Authenticator, 'inWindow' | 'goesStraight' | 'standing'> => ({
  inWindow: false,
  goesStraight: async () => false,
  async standing({ authentication: { credentialId } }: Session): Promise<Standing> {
    if (!credentialId || (await credentials.get(credentialId))) return { holds: true };
    return { holds: false, ended: 'administrator' };
  },
});
