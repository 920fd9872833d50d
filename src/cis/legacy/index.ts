import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Vault } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Settings } from '../../storage/settings.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { CardExaminer } from '../card/examination.ts';
import type { Directory } from '../directory/directory.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { LegacyChallenges } from './challenges.ts';
import { createActivate, createValidate } from './sign-in.ts';
import { LegacySigner } from './signer.ts';
import { createChooseRole, createMakeTicket, createReadAssertion, createSignOut } from './ticket-use.ts';
import { Tickets } from './tickets.ts';

/** Settings of the legacy interface. `docs/legacy-interface.md` names the choices that no public source decides. */
export interface LegacySettings {
  /** Whether card signatures over SHA-1 are accepted, besides SHA-256; false by default. */
  sha1?: boolean;
  /** Whether role assertions are signed; true by default. */
  signAssertions?: boolean;
  /** SHA-256 of the certificates of clients that may connect from other machines, in hexadecimal; none by default. */
  clients?: readonly string[];
}

export interface LegacyDependencies {
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
  recorder: Recorder;
  audit: AuditLog;
  /** Public address of CIS. */
  origin: string;
}

/** The legacy interface for desktop applications, on the sessions of CIS. */
export function createLegacy(dependencies: LegacyDependencies, settings: LegacySettings) {
  const { clock, database, singleUse, vault, authorities } = dependencies;
  const cis = {
    ...dependencies,
    tickets: new Tickets(database, clock),
    challenges: new LegacyChallenges(vault, clock, singleUse),
    signer: new LegacySigner(dependencies.settings, vault, authorities, clock),
    clients: settings.clients ?? [],
    sha1: settings.sha1 ?? false,
    signAssertions: settings.signAssertions ?? true,
  };
  return {
    activate: createActivate(cis),
    validate: createValidate(cis),
    signOut: createSignOut(cis),
    chooseRole: createChooseRole(cis),
    readAssertion: createReadAssertion(cis),
    makeTicket: createMakeTicket(cis),
  };
}

export type LegacyEndpoints = ReturnType<typeof createLegacy>;
