import type { Clock } from '@alongside/kernel/clock';
import type { CookieNames } from '@alongside/kernel/cookies';
import type { Route } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { consoleRoutes } from '../administration/authenticators.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials } from '../model/credentials.ts';
import type { Interactions } from '../model/interactions.ts';
import type { ReplyFrame } from '../responses/reply.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Authenticators } from '../sign-in/authenticators.ts';
import { accountRoutes } from './account.ts';
import { Enrollings } from './enrollings.ts';
import { EnrolmentLinks } from './links.ts';
import type { Notices } from './notices.ts';
import type { Enrolments } from './registry.ts';
import { enrolmentRoutes } from './routes.ts';

type Given = ReplyFrame & {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  vault: Vault;
  audit: AuditLog;
  notices: Notices;
  cookies: CookieNames;
  cis: CisClient;
  sessions: Sessions;
  ends: SessionEnds;
  credentials: Credentials;
  authenticators: Authenticators;
  enrolments: Enrolments;
  interactions: Interactions;
  consoleSecret?: string;
  selfService?: boolean;
};

/** Every way in to enrolment: links, their pages, a person's own account, and the console. */
export function enrolmentWays(given: Given): Route[] {
  const { singleUse, clock, cookies, vault, consoleSecret } = given;
  const parts = {
    ...given,
    origin: new URL(given.issuer).origin,
    links: new EnrolmentLinks(singleUse, clock),
    enrollings: new Enrollings(singleUse, clock, cookies, vault),
  };
  return [
    ...enrolmentRoutes(parts),
    ...(given.selfService === false ? [] : accountRoutes(parts)),
    ...(consoleSecret === undefined ? [] : consoleRoutes({ ...parts, consoleSecret })),
  ];
}
