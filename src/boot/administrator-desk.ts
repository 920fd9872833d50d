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

/** Manages administrators directly in storage, whether an instance runs or not. */
export interface AdministratorDesk {
  invite(name: string): Promise<{ token: string; minutes: number }>;
  list(): Promise<ListedAdministrator[]>;
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}

const actor = 'local operator';

/** Opens storage like `serve`. Throws OperatorError for data of development. */
export async function openAdministratorDesk(config: Config): Promise<AdministratorDesk> {
  if (config.ephemeral || config.database === ':memory:')
    throw new OperatorError(
      'Administrators are stored in the database: remove --ephemeral and --database :memory:.',
    );
  const folder = openDataFolder(config.data, false);
  const { database, vault } = await openStorage(config, folder.path, 'production');
  const administrators = new Administrators(database, systemClock);
  const audit = new AuditLog(database, systemClock, vault);
  return {
    async invite(name) {
      const token = await administrators.invite(
        name,
        audit.recordStatement({ actor, action: 'administrator.invited', target: name, outcome: 'ok' }),
      );
      return { token, minutes: invitationLifetime / 60_000 };
    },
    list: () => administrators.list(),
    remove: (id) =>
      administrators.remove(
        id,
        audit.recordStatement({ actor, action: 'administrator.removed', target: id, outcome: 'ok' }),
      ),
    async close() {
      await audit.close();
      await database.close();
    },
  };
}
