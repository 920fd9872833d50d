import { systemClock } from '@alongside/kernel/clock';
import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import type { Config } from '../config.ts';
import {
  Administrators,
  type Invited,
  invitationLifetime,
  invitationStatement,
  type ListedAdministrator,
  type RoleChange,
  roleStatement,
} from '../console/model/administrators/administrators.ts';
import type { Grant } from '../console/model/administrators/roles.ts';
import { AuditLog } from '../storage/audit.ts';
import { auditHeadsFile, openDataFolder } from './data-folder.ts';
import { openStorage } from './storage.ts';

// Access to storage for commands, whether an instance runs or not.

async function openAudit(config: Config, mode: 'production' | 'either') {
  const folder = openDataFolder(config.data, false).path;
  const { database, vault } = await openStorage(config, folder, mode);
  const audit = new AuditLog(database, systemClock, vault, { headsFile: auditHeadsFile(folder) });
  return {
    database,
    audit,
    vault,
    async close() {
      await audit.close();
      await database.close();
    },
  };
}

export interface StoredAudit {
  audit: AuditLog;
  vault: Vault;
  close(): Promise<void>;
}

/** Opens the audit log of the configured data. Throws OperatorError if it does not exist. */
export const openStoredAudit = (config: Config): Promise<StoredAudit> => openAudit(config, 'either');

/** The administrators of an installation, and what the operator of the machine may do with them. */
export interface StoredAdministrators {
  invite(invited: Invited): Promise<{ token: string; minutes: number }>;
  list(): Promise<ListedAdministrator[]>;
  changeRole(id: string, grant: Grant): Promise<RoleChange>;
  remove(id: string): Promise<RoleChange>;
  close(): Promise<void>;
}

/** Opens the administrators of the configured data. Throws OperatorError for data of development. */
export async function openStoredAdministrators(config: Config): Promise<StoredAdministrators> {
  if (config.ephemeral || config.database === ':memory:')
    throw new OperatorError(
      'Administrators are stored in the database: remove --ephemeral and --database :memory:.',
    );
  const { database, audit, close } = await openAudit(config, 'production');
  const administrators = new Administrators(database, systemClock);
  const entry = { actor: 'local operator', outcome: 'ok' } as const;
  return {
    async invite(invited) {
      const record = invitationStatement(audit, entry.actor, invited);
      return {
        token: await administrators.invite(invited, record),
        minutes: invitationLifetime / 60_000,
      };
    },
    list: () => administrators.list(),
    changeRole: (id, grant) =>
      administrators.changeRole(id, grant, roleStatement(audit, entry.actor, id, grant)),
    remove: (id) =>
      administrators.remove(
        id,
        audit.recordStatement({ ...entry, action: 'administrator.removed', target: id }),
      ),
    close,
  };
}
