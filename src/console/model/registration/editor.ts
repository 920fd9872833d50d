import type { Application, StoredApplication } from '../../../oauth/applications.ts';
import type { AuditAction } from '../../../storage/audit.ts';
import type { Statement } from '../../../storage/database.ts';
import type { ConsoleContext } from '../dependencies.ts';
import { errors } from '../errors.ts';
import { type Conditional, changeCurrent, checkRevision, recordStatement } from '../revisions.ts';

/** Reads and writes registrations, each write with its audit record. */
export class ApplicationEditor {
  readonly #console: Pick<ConsoleContext, 'applications' | 'audit'>;

  constructor(console: Pick<ConsoleContext, 'applications' | 'audit'>) {
    this.#console = console;
  }

  /** Throws `not_found`. */
  async find(id: string): Promise<StoredApplication> {
    const application = await this.#console.applications.get(id);
    if (!application) throw errors.notFound(`no application ${id.slice(0, 60)}`);
    return application;
  }

  add(application: Application): Promise<void> {
    return this.#console.applications.add(
      application,
      this.#recordStatement('application.created', application.id),
    );
  }

  /** Changes the current registration; see `changeCurrent`. */
  change(
    action: AuditAction,
    request: Conditional,
    id: string,
    change: (before: Application) => Application | Promise<Application>,
  ): Promise<StoredApplication> {
    return changeCurrent(
      request,
      () => this.find(id),
      ({ revision: _, ...before }) => change(before),
      (changed, revision) =>
        this.#console.applications.replace(changed, revision, this.#recordStatement(action, id)),
    );
  }

  async remove(request: Conditional, id: string): Promise<void> {
    checkRevision(request, (await this.find(id)).revision);
    await this.#console.applications.remove(id, this.#recordStatement('application.removed', id));
  }

  #recordStatement(action: AuditAction, id: string): Statement {
    return recordStatement(this.#console.audit, action, id, { application: id });
  }
}
