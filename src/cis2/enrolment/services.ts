import type { Clock } from '@alongside/kernel/clock';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials } from '../model/credentials.ts';
import type { Interactions } from '../model/interactions.ts';
import type { ReplyFrame } from '../responses/authorization-response.ts';
import type { Call } from '../responses/error-answers.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Authenticators } from '../sign-in/authenticator.ts';
import type { Enrolments } from './enrolment.ts';
import type { Notices } from './notices.ts';
import type { EnrolmentLinks, PendingEnrolments } from './pending-enrolments.ts';

/** The services for enrolments and for the user's own account. */
export interface EnrolmentServices extends ReplyFrame {
  /** Origin of the issuer. */
  origin: string;
  clock: Clock;
  database: Database;
  cis: CisClient;
  audit: AuditLog;
  notices: Notices;
  authenticators: Authenticators;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  links: EnrolmentLinks;
  pendingEnrolments: PendingEnrolments;
  enrolments: Enrolments;
  interactions: Interactions;
}

export type Start<Params = unknown> = Call<EnrolmentServices, Params>;
