import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Vault } from '@alongside/kernel/secrets';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Settings } from '../../storage/settings.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Directory } from '../directory/directory.ts';
import type { Call } from '../endpoint.ts';
import type { CardExaminer } from '../examination/examiner.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { LegacyChallenges } from './challenges.ts';
import type { LegacySigner } from './signer.ts';
import type { Tickets } from './tickets.ts';

/** Settings of the legacy interface. `docs/legacy-interface.md` names the choices that no public source decides. */
export interface LegacySettings {
  /** Whether card signatures over SHA-1 are accepted, besides SHA-256; false by default. */
  sha1?: boolean;
  /** Whether role assertions are signed; true by default. */
  signAssertions?: boolean;
  /** SHA-256 of the certificates of clients that may connect from other machines, in hexadecimal; none by default. */
  clients?: readonly string[];
}

/** The services of CIS that the legacy interface uses. */
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

export interface Legacy extends LegacyDependencies, Required<LegacySettings> {
  tickets: Tickets;
  challenges: LegacyChallenges;
  signer: LegacySigner;
}

export type LegacyCall = Call<Legacy>;
