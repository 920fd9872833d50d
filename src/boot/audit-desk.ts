import { systemClock } from '@alongside/kernel/clock';
import type { Config } from '../config.ts';
import { AuditLog } from '../storage/audit.ts';
import { openDataFolder } from './data-folder.ts';
import { openStorage } from './storage.ts';

/** The audit log directly in storage, whether an instance runs or not. */
export interface AuditDesk {
  audit: AuditLog;
  close(): Promise<void>;
}

/** Opens the audit log of the configured data. Throws OperatorError if there is none. */
export async function openAuditDesk(config: Config): Promise<AuditDesk> {
  const folder = openDataFolder(config.data, false);
  const { database, vault } = await openStorage(config, folder.path, 'either');
  const audit = new AuditLog(database, systemClock, vault);
  return {
    audit,
    async close() {
      await audit.close();
      await database.close();
    },
  };
}
