import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Application, Applications, StoredApplication } from '../../oauth/applications.ts';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import { checkRevision, tagOf } from '../api/preconditions.ts';
import { errors } from '../errors.ts';
import { applicationView } from './stored.ts';

/** A change to an application, and what the answer tells beside it. */
export interface Change {
  application: Application;
  more?: object;
}

/** What every call that reads or changes registrations does in the same way. */
export interface ApplicationEditor {
  /** Throws `not_found`. */
  find(id: string): Promise<StoredApplication>;
  /**
   * Changes the current registration with its audit record, and again when another change was quicker and the request expects no
   * certain revision.
   */
  change(
    action: AuditAction,
    request: HttpRequest,
    id: string,
    make: (before: StoredApplication) => Change | Promise<Change>,
  ): Promise<{ application: StoredApplication; more: object }>;
  recordStatement(action: AuditAction, id: string): Statement;
}

/** The application as an answer, with its tag. */
export const shownApplication = (
  { revision, ...application }: StoredApplication,
  more: object = {},
): Answer => json(200, { ...applicationView(application), ...more }, { etag: tagOf(revision) });

export function applicationEditor({
  applications,
  audit,
}: {
  applications: Applications;
  audit: AuditLog;
}): ApplicationEditor {
  async function find(id: string): Promise<StoredApplication> {
    const application = await applications.get(id);
    if (!application) throw errors.notFound(`no application ${id.slice(0, 60)}`);
    return application;
  }
  const recordStatement = (action: AuditAction, id: string) =>
    audit.recordStatement({ actor: 'developer', action, target: id, application: id, outcome: 'ok' });
  return {
    find,
    recordStatement,
    async change(action, request, id, make) {
      for (;;) {
        const before = await find(id);
        checkRevision(request, before.revision);
        const { application, more = {} } = await make(before);
        if (await applications.replace(application, before.revision, recordStatement(action, id)))
          return { application: { ...application, revision: before.revision + 1 }, more };
      }
    },
  };
}
