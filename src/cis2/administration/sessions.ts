import { type Answer, json, noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { type Database, type Row, sql } from '../../storage/database.ts';
import { fromRow, type Session, type SessionRow } from '../model/session.ts';
import { consolePaths, type SessionAnswer, type SessionsAnswer } from '../protocol.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface Parts {
  consoleSecret: string;
  clock: Clock;
  database: Database;
  sessions: Sessions;
  ends: SessionEnds;
}

interface Start {
  request: HttpRequest;
}

const most = 200;
const uidForm = /^\d{12}$/;
const iso = (time: number): string => new Date(time).toISOString();

const shown = (session: Session, createdAt: number, clients: string[]): SessionAnswer => ({
  sid: session.sid,
  uid: session.uid,
  authenticator: session.authentication.authenticator,
  methods: session.authentication.methods,
  level: session.authentication.level.nhs,
  roleId: session.roleId,
  cisSessionId: session.cisSessionId,
  clients,
  createdAt: iso(createdAt),
  activeAt: iso(session.activeAt),
  endsAt: iso(session.endsAt),
});

/** Live sessions, those of one person when `uid` names one; the newest first. */
const answerSessions = ({ database, clock, sessions }: Parts) =>
  async function answerSessions({ request }: Start): Promise<Answer> {
    const uid = new URLSearchParams(request.query).get('uid');
    if (uid !== null && !uidForm.test(uid)) throw administrationErrors.queryInvalid('uid is not 12 digits');
    const ofPerson = uid === null ? '' : 'uid = ? AND ';
    const rows = await database.all<SessionRow & Row>(
      sql(
        `SELECT * FROM cis2_session WHERE ${ofPerson}ended_at IS NULL AND ends_at > ? ORDER BY created_at DESC, sid LIMIT ?`,
        ...(uid === null ? [] : [uid]),
        clock.now(),
        most,
      ),
    );
    const list = await Promise.all(
      rows.map(async (row) => shown(fromRow(row), Number(row.created_at), await sessions.clients(row.sid))),
    );
    return json(200, { sessions: list } satisfies SessionsAnswer);
  };

/** An administrator's end: tokens die and relying parties are told as for every other. */
const endSession = ({ sessions, ends }: Parts) =>
  async function endSession({ request }: Start): Promise<Answer> {
    const sid = decodeURIComponent(request.path.split('/')[3] ?? '');
    const session = await sessions.get(sid);
    if (!session || (await ends.end([session], 'administrator', 'console')) === 0)
      throw administrationErrors.sessionUnknown(`no live session is ${sid.slice(0, 100)}`);
    return noContent();
  };

/** `GET /cis2/sessions` and `DELETE /cis2/sessions/{sid}`. */
export function sessionRoutes(parts: Parts): Route[] {
  const known = steps<Start>().step(requireConsole(parts.consoleSecret));
  const listing = known.step(answerSessions(parts));
  const ending = known.step(endSession(parts));
  return [
    { methods: ['GET'], path: consolePaths.sessions, endpoint: (request) => listing.run({ request }) },
    {
      methods: ['DELETE'],
      path: consolePaths.session(':sid').replace('%3A', ':'),
      endpoint: (request) => ending.run({ request }),
    },
  ];
}
