import { CookieNames } from '@alongside/kernel/cookies';
import { silentLog } from '@alongside/kernel/log';
import { unwatchedMethods } from '../authenticators/registry.ts';
import { CisClient } from '../model/cis-client.ts';
import { Deliveries } from '../sessions/deliveries.ts';
import { DirectoryFollower } from '../sessions/directory-follower.ts';
import { Expiry } from '../sessions/expiry.ts';
import { SessionEnds } from '../sessions/session-ends.ts';
import { Sessions } from '../sessions/sessions.ts';
import type { Instance } from './instance.ts';

/** The regular work of another process on the same storage. */
export function otherProcess(cis2: Instance, { idleSignOut = true, log = silentLog } = {}) {
  const { database, singleUse, clock, issuer, tokens } = cis2;
  const cookies = new CookieNames(cis2.origin, 'cis2');
  const sessions = new Sessions({ database, singleUse, clock, cookies, issuer, unwatchedMethods });
  const parts = { ...cis2, development: true, sessions, recorder: { record() {} } as never, log };
  const deliveries = new Deliveries({ ...parts, urls: { api: 'https://api.example.test' } as never });
  const ends = new SessionEnds({ database, tokens, sessions, deliveries, audit: cis2.audit });
  const cis = new CisClient({ url: cis2.cis.url, secret: cis2.cis.secret }, log);
  const gone = new DirectoryFollower({ database, cis, ends, log, unwatchedMethods });
  const expiry = new Expiry({ clock, database, tokens, issuer, idleSignOut });
  return {
    sessions,
    ends,
    async lookForGonePeople() {
      await gone.run();
      await cis2.background.settled();
    },
    /** Ends expired sessions. Returns cause and state of each notice to a client. */
    async endExpired(clientId: string): Promise<string[][]> {
      await ends.endExpired(expiry);
      await cis2.background.settled();
      await deliveries.run();
      const log = await deliveries.since(0, 200);
      return log
        .filter(({ body }) => body.clientId === clientId)
        .map(({ body, state }) => [body.cause, state]);
    },
  };
}
