import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { type Clock, isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { type SessionTokens, sessionTokens } from '../../oauth/session-tokens.ts';
import { type Database, sql } from '../../storage/database.ts';
import { fromRow, type Session, sessionColumns, sessionRow } from '../model/session.ts';
import { consolePaths, type SessionAnswer, type SessionsAnswer } from '../protocol.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface SessionDependencies {
  consoleSecret: string;
  clock: Clock;
  database: Database;
  sessions: Sessions;
  ends: SessionEnds;
}

type Start<Params = unknown> = Call<SessionDependencies, Params>;

const most = 200;
const uidForm = /^\d{12}$/;
const noTokens: SessionTokens = { access: 0, refresh: 0, applications: [] };

const shown = (
  session: Session,
  createdAt: number,
  clients: string[],
  tokens: SessionTokens = noTokens,
): SessionAnswer => ({
  sid: session.sid,
  uid: session.uid,
  authenticator: session.authentication.authenticator,
  methods: session.authentication.methods,
  level: session.authentication.level.nhs,
  roleId: session.roleId,
  cisSessionId: session.cisSessionId,
  clients,
  tokens,
  createdAt: isoTime(createdAt),
  activeAt: isoTime(session.activeAt),
  endsAt: isoTime(session.endsAt),
});

/**
 * Returns the newest live sessions, of one person with `uid`. All last equally long after the person's proof, so those that end last
 * are the newest, and they have an index.
 */
export async function liveSessions(database: Database, now: number, uid: string | null) {
  const ofPerson = uid === null ? '' : 'uid = ? AND ';
  const statement = sql(
    `SELECT ${sessionColumns} FROM cis2_session WHERE ${ofPerson}ended_at IS NULL AND ends_at > ?
     ORDER BY ends_at DESC LIMIT ?`,
    ...(uid === null ? [] : [uid]),
    now,
    most,
  );
  const rows = await database.all(statement, sessionRow);
  return rows.sort((a, b) => b.createdAt - a.createdAt);
}

async function answerSessions({ request, provider }: Start & Passed<'console'>): Promise<Answer> {
  const { database, clock, sessions } = provider;
  const uid = new URLSearchParams(request.query).get('uid');
  if (uid !== null && !uidForm.test(uid)) throw administrationErrors.queryInvalid('uid is not 12 digits');
  const rows = await liveSessions(database, clock.now(), uid);
  const tokens = await sessionTokens(
    database,
    rows.map(({ sid }) => sid),
    clock.now(),
  );
  const list = await Promise.all(
    rows.map(async (row) =>
      shown(fromRow(row), row.createdAt, await sessions.clients(row.sid), tokens.get(row.sid)),
    ),
  );
  return json(200, { sessions: list } satisfies SessionsAnswer);
}

/** Ends a session for the administrator. Its tokens end too, and its relying parties are notified. */
async function endSession({
  request,
  provider: { sessions, ends },
}: Start<{ sid: string }> & Passed<'console'>): Promise<Answer> {
  const { sid } = request.params;
  const session = await sessions.get(sid);
  if (!session || (await ends.end([session], 'administrator', 'console')) === 0)
    throw administrationErrors.sessionUnknown(`no live session is ${sid.slice(0, 100)}`);
  return noContent();
}

/** Ends all sessions of a person, and the sign-ins that wait for an answer. */
async function endSessionsOf({
  request,
  provider: { ends },
}: Start<{ uid: string }> & Passed<'console'>): Promise<Answer> {
  const ended = await ends.endPerson(request.params.uid, 'administrator', 'console');
  return json(200, { ended });
}

const list = steps<Start>('cis2.sessions').step(requireConsole).step(answerSessions);
const end = steps<Start<{ sid: string }>>('cis2.session-end').step(requireConsole).step(endSession);

const endAll = steps<Start<{ uid: string }>>('cis2.sessions-end').step(requireConsole).step(endSessionsOf);

/** `GET /cis2/sessions`, `DELETE /cis2/sessions/{sid}` and `DELETE /cis2/people/{uid}/sessions`. */
export function sessionRoutes(provider: SessionDependencies): Route[] {
  const handler = handlersOf(provider, serviceError);
  return [
    ...route(consolePaths.sessions, { GET: handler(list) }),
    ...route('/cis2/sessions/:sid', { DELETE: handler(end) }),
    ...route('/cis2/people/:uid/sessions', { DELETE: handler(endAll) }),
  ];
}
