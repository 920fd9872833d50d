import type { HttpRequest } from '@alongside/kernel/http';
import type { Person } from '../../cis/protocol.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Credentials } from '../model/credentials.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { EnrolmentContext, PendingEnrolment } from './enrolment.ts';
import { enrolmentErrors } from './errors.ts';
import type { Notices } from './notices.ts';
import { enrolledPage } from './pages/enrolment.ts';
import { enrolmentPath, type PendingEnrolments } from './pending-enrolments.ts';

interface EnrolmentContextDependencies {
  database: Database;
  pendingEnrolments: PendingEnrolments;
  credentials: Credentials;
  sessions: Sessions;
  audit: AuditLog;
  notices: Notices;
  development: boolean;
}

/** Returns the context of one request, for the routes of its kind. */
export function createEnrolmentContext(
  {
    database,
    pendingEnrolments,
    credentials,
    sessions,
    audit,
    notices,
    development,
  }: EnrolmentContextDependencies,
  request: HttpRequest,
  pending: PendingEnrolment,
  person: Person,
): EnrolmentContext {
  const { id, uid, kind, actor, sid } = pending;
  return {
    request,
    pending,
    person,
    path: (part) => enrolmentPath(id, part),
    async keep(value) {
      if (!(await pendingEnrolments.keep(pending, value)))
        throw enrolmentErrors.enrolmentUnknown('it was completed meanwhile');
    },
    async complete(draft, { note = '', spends = [] } = {}) {
      const added = credentials.prepare({ ...draft, uid, kind });
      const { done } = await database.batch([
        ...spends,
        pendingEnrolments.endStatement(pending),
        // On the account page, the session must still be live.
        ...(sid === null ? [] : [sessions.requireLiveStatement(sid)]),
        added.statement,
        notices.postStatement(uid, 'added', draft.label),
        audit.recordStatement({
          actor,
          action: 'authenticator.add',
          target: uid,
          outcome: 'ok',
          detail: { kind, credential: added.id },
        }),
      ]);
      if (!done) throw enrolmentErrors.enrolmentUnknown('it was completed before, or the session has ended');
      notices.begin();
      const ownAccount = sid !== null;
      const others = ownAccount ? await sessions.othersOf(uid, sid) : [];
      const answer = enrolledPage({
        label: draft.label,
        note,
        ownAccount,
        others: others.length,
        development,
      });
      return answer.with({ 'set-cookie': pendingEnrolments.clearedCookie(pending) });
    },
  };
}
