import { AsyncLocalStorage } from 'node:async_hooks';
import { type AuditEntry, AuditLog } from '../../storage/audit.ts';

const actors = new AsyncLocalStorage<string>();

/** Carries out what this actor asked for: everything that it writes to the audit log has the actor's name. */
export const actingAs = <T>(actor: string, act: () => Promise<T>): Promise<T> => actors.run(actor, act);

/** The audit log of the console: the actor of each record is who sent the request, where that is known. */
export class ActorAudit extends AuditLog {
  override write(entry: AuditEntry): Promise<void> {
    return super.write({ ...entry, actor: actors.getStore() ?? entry.actor });
  }
}
