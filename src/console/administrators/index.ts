import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { AnonymousRows } from '../../oauth/anonymous-rows.ts';
import type { NetworkLimits } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { Administrators } from './administrators.ts';
import { Admission } from './admission.ts';
import { Passkeys } from './passkeys.ts';
import { administratorRoutes } from './routes.ts';
import { AdministratorSessions } from './sessions.ts';

interface Parts {
  database: Database;
  clock: Clock;
  audit: AuditLog;
  urls: { console: string };
  operatorHash: string | undefined;
  networkLimits: NetworkLimits | undefined;
}

/** The sign-in of administrators, for a console in production: the ways in and out, and who is let in. */
export function createAdmission({ database, clock, audit, urls, operatorHash, networkLimits }: Parts): {
  admission: Admission;
  routes: Route[];
} {
  const sessions = new AdministratorSessions(database, clock, urls.console);
  return {
    admission: new Admission({
      sessions,
      audit,
      operatorHash,
      signInAddress: `${urls.console}/sign-in`,
    }),
    routes: administratorRoutes({
      administrators: new Administrators(database, clock),
      sessions,
      anonymousRows: new AnonymousRows({ database, clock }, 'console', networkLimits),
      passkeys: new Passkeys(new SingleUse(database, clock), urls.console),
      audit,
    }),
  };
}
