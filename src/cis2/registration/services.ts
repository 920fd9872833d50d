import type { Clock } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Applications } from '../../oauth/applications.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Call } from '../responses/error-answers.ts';
import type { TeamSessions } from './team-session.ts';
import type { RegistrationTokens } from './tokens.ts';

/** The services for registrations by clients and suppliers. */
export interface RegistrationServices {
  issuer: string;
  applications: Applications;
  singleUse: SingleUse;
  keys: SigningKeys;
  audit: AuditLog;
  clock: Clock;
  development: boolean;
  /** Counts wrong secrets by network. */
  failures: NetworkLimit;
  tokens: RegistrationTokens;
  sessions: TeamSessions;
}

export type Start<Params = unknown> = Call<RegistrationServices, Params>;
