import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Ask } from '@alongside/kernel/in-process';
import type { KeyToken } from '@alongside/kernel/key-pairs';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Applications } from '../oauth/applications.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Cis2Settings } from '../oauth/upstream/upstream.ts';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Faults } from '../storage/faults.ts';
import type { SingleUse } from '../storage/single-use.ts';

/** Everything that the signing service needs from the installation. */
export interface SigningDependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  tokens: Tokens;
  vault: Vault;
  /** Creates the keys of people, which never leave it; undefined: encrypted in the database. */
  token?: KeyToken | undefined;
  recorder: Recorder;
  audit: AuditLog;
  log: Log;
  urls: Urls;
  /** Allows `mock=true`, and key sets at private addresses. */
  development: boolean;
  /** CIS2, or a compatible provider, that checks the presence of a person. */
  cis2: Cis2Settings;
  /** CIS, which certifies the keys, and the secret of this service at it. */
  cis: { ask: Ask; secret: string };
  networkLimits?: NetworkLimits | undefined;
  /** Faults for developers; undefined in production. */
  faults?: Faults | undefined;
}
