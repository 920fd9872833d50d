import { systemClock } from '@alongside/kernel/clock';
import { OperatorError } from '@alongside/kernel/operator';
import type { Config } from '../config.ts';
import {
  Administrators,
  invitationLifetime,
  type ListedAdministrator,
} from '../console/administrators/administrators.ts';
import { AuditLog } from '../storage/audit.ts';
import { openDataFolder } from './data-folder.ts';
import { openStorage } from './storage.ts';

// Access to storage for commands, whether an instance runs or not.

async function openAudit(config: Config, mode: 'production' | 'either') {
  const { database, vault } = await openStorage(config, openDataFolder(config.data, false).path, mode);
  const audit = new AuditLog(database, systemClock, vault);
  return {
    database,
    audit,
    async close() {
      await audit.close();
      await database.close();
    },
  };
}

export interface StoredAudit {
  audit: AuditLog;
  close(): Promise<void>;
}

/** Opens the audit log of the configured data. Throws OperatorError if it does not exist. */
export const openStoredAudit = (config: Config): Promise<StoredAudit> => openAudit(config, 'either');

export interface StoredAdministrators {
  invite(name: string): Promise<{ token: string; minutes: number }>;
  list(): Promise<ListedAdministrator[]>;
  remove(id: string): Promise<boolean>;
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
  const auditStatement = (action: 'administrator.invited' | 'administrator.removed', target: string) =>
    audit.recordStatement({ actor: 'local operator', action, target, outcome: 'ok' });
  return {
    async invite(name) {
      const token = await administrators.invite(name, auditStatement('administrator.invited', name));
      return { token, minutes: invitationLifetime / 60_000 };
    },
    list: () => administrators.list(),
    remove: (id) => administrators.remove(id, auditStatement('administrator.removed', id)),
    close,
  };
}
