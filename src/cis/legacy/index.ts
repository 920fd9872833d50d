import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Settings } from '../../storage/settings.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { CardExaminer } from '../card/examination.ts';
import type { Directory } from '../directory/directory.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { AgentCalls } from '../sessions/agent-calls.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { LegacyChallenges } from './challenges.ts';
import type { LegacySettings } from './settings.ts';
import { legacySignInRoutes } from './sign-in.ts';
import { LegacySigner } from './signer.ts';
import { ticketOfSessionRoutes } from './ticket-of-session.ts';
import { ticketUseRoutes } from './ticket-use.ts';
import { Tickets } from './tickets.ts';
import { createTransportCheck } from './transport.ts';

export interface LegacyDeps {
  clock: Clock;
  database: Database;
  settings: Settings;
  singleUse: SingleUse;
  vault: Vault;
  authorities: Authorities;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  calls: AgentCalls;
  recorder: Recorder;
  audit: AuditLog;
  /** Public address of CIS. */
  origin: string;
}

/** The legacy interface on the sessions of CIS: what a desktop application of the old kind talks to. */
export function legacyRoutes(deps: LegacyDeps, settings: LegacySettings): Route[] {
  const { clock, database, singleUse, vault } = deps;
  const shared = {
    ...deps,
    tickets: new Tickets(database, clock),
    challenges: new LegacyChallenges(vault, clock, singleUse),
    signer: new LegacySigner(deps.settings, vault, deps.authorities, clock),
    requireTransport: createTransportCheck(settings.clients ?? [], clock, deps.origin),
    sha1: settings.sha1 ?? false,
    signAssertions: settings.signAssertions ?? true,
  };
  return [
    ...legacySignInRoutes(shared),
    ...ticketUseRoutes(shared),
    ...ticketOfSessionRoutes(deps.calls, shared.tickets),
  ];
}
