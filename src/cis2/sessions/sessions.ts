import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedId, orderedToken } from '@alongside/kernel/ids';
import { orderedHash } from '@alongside/kernel/secrets';
import type { TokenPlace } from '../../oauth/tokens.ts';
import { removeOldWith } from '../../storage/batches.ts';
import { type Database, must, type Row, type Statement, sql, type Value } from '../../storage/database.ts';
import { anyTime, type SingleUse, unnotedConditions } from '../../storage/single-use.ts';
import {
  type Authentication,
  type EndReason,
  fromRow,
  idleTime,
  isWatched,
  type Session,
  type SessionBody,
  sessionColumns,
  sessionRow,
} from '../model/session.ts';

const minute = 60_000;
/** Lifetime after the last act of the user, such as a PIN. */
const longest = 720 * minute;
/** Retention of an ended session. */
const kept = 30 * 24 * 60 * minute;
const cisEndedKind = 'cis2-cis-ended';
const personEndedKind = 'cis2-person-ended';
/** No sign-in waits longer for its user, in milliseconds. */
const maxWait = 60 * minute;
/** The clocks of two processes may differ by this many milliseconds. A note of a later time is of a clock that was moved back. */
const skew = 5_000;

// Texts of statements are made once: SQLite and PostgreSQL know a statement by its text.
const liveText = (condition: string): string =>
  `SELECT ${sessionColumns} FROM cis2_session WHERE ${condition} AND ended_at IS NULL AND ends_at > ?`;
// `uid <> ?` would read all sessions of a person, and there may be thousands.
const othersText = ['uid < ?', 'uid > ?']
  .map((side) => `SELECT sid FROM cis2_session WHERE agent_id = ? AND ${side} AND ended_at IS NULL`)
  .join(' UNION ALL ');
const liveTexts = {
  ofCookie: liveText('cookie_hash = ?'),
  ofSid: liveText('sid = ?'),
  ofRefreshToken: liveText(
    `sid = (SELECT g.sid FROM refresh_token r JOIN token_grant g ON g.id = r.grant_id AND g.part = r.grant_part
      WHERE r.id = ? AND r.hash = ?)`,
  ),
  ofCisSession: liveText('cis_session_id = ?'),
  ofPerson: liveText('uid = ?'),
  ofAgent: liveText('agent_id = ? AND uid = ?'),
  ofOthers: liveText(`sid IN (${othersText})`),
} as const;
/** Returns the writes that store a session, unless what it relies on has ended. */
function storeTexts(dialect: Database['dialect']) {
  const unnoted = unnotedConditions[dialect];
  // The CIS session of the sign-in, then all sessions of its user.
  const notEnded = `${unnoted} AND ${unnoted}`;
  return {
    change: `UPDATE cis2_session SET cookie_hash = ?, cis_session_id = ?, agent_id = ?, body = ?, issuer = ?,
      authenticator = ?, active_at = ?, idle_at = ?, ends_at = ? WHERE sid = ? AND ended_at IS NULL AND ${notEnded}`,
    insert: `INSERT INTO cis2_session (cookie_hash, cis_session_id, agent_id, body, issuer, authenticator, active_at,
      idle_at, ends_at, sid, uid, created_at)
      SELECT ?, ?, ?, ?, ?, ?, ${'CAST(? AS BIGINT), '.repeat(3)}?, ?, CAST(? AS BIGINT) WHERE ${notEnded}`,
  };
}

const firstPartyText = 'INSERT INTO cis2_session_client (sid, client_id, joined_at) VALUES (?, ?, ?)';
const partyText = `${firstPartyText} ON CONFLICT (sid, client_id) DO NOTHING`;

interface SessionDependencies {
  database: Database;
  singleUse: SingleUse;
  clock: Clock;
  cookies: CookieNames;
  issuer: string;
  /** Methods with sessions that the workstation does not end; see `AuthenticatorKind`. */
  unwatchedMethods: readonly string[];
}

/** The single sign-on sessions of CIS2. A browser has one in each realm. */
export class Sessions {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #cookies: CookieNames;
  readonly #issuer: string;
  readonly #unwatchedMethods: readonly string[];
  readonly #storeTexts: ReturnType<typeof storeTexts>;

  constructor(dependencies: SessionDependencies) {
    this.#database = dependencies.database;
    this.#singleUse = dependencies.singleUse;
    this.#clock = dependencies.clock;
    this.#cookies = dependencies.cookies;
    this.#issuer = dependencies.issuer;
    this.#unwatchedMethods = dependencies.unwatchedMethods;
    this.#storeTexts = storeTexts(dependencies.database.dialect);
  }

  /** Returns the live session of this browser in this realm, idle or not. */
  async current(request: HttpRequest): Promise<Session | undefined> {
    const cookie = readCookies(request.headers.cookie).get(this.#cookies.name('session'));
    if (cookie === undefined) return undefined;
    const found = await this.#live('ofCookie', orderedHash(cookie));
    return found.find(({ issuer }) => issuer === this.#issuer);
  }

  async get(sid: string): Promise<Session | undefined> {
    return (await this.#live('ofSid', sid))[0];
  }

  /** Returns the live session of a refresh token, without its record: both can be read at once. */
  async ofRefreshToken({ id, hash }: TokenPlace): Promise<Session | undefined> {
    return (await this.#live('ofRefreshToken', id, hash))[0];
  }

  ofCisSession(cisSessionId: string): Promise<Session[]> {
    return this.#live('ofCisSession', cisSessionId);
  }

  /** Returns the live sessions of a person in all browsers. */
  ofPerson(uid: string): Promise<Session[]> {
    return this.#live('ofPerson', uid);
  }

  /** Returns the other live sessions of a person. */
  async othersOf(uid: string, sid: string): Promise<Session[]> {
    return (await this.ofPerson(uid)).filter((session) => session.sid !== sid);
  }

  /** Returns the live sessions of a person from this agent. */
  ofAgent(agentId: string, uid: string): Promise<Session[]> {
    return this.#live('ofAgent', agentId, uid);
  }

  /** Returns the live sessions of other people from this agent: a workstation has one user. */
  ofOthers(agentId: string, uid: string): Promise<Session[]> {
    return this.#live('ofOthers', agentId, uid, agentId, uid);
  }

  /** Returns the issuer of a session, live or ended. */
  async issuerOf(sid: string): Promise<string> {
    const statement = sql(`SELECT ${sessionColumns} FROM cis2_session WHERE sid = ?`, sid);
    const row = await this.#database.get(statement, sessionRow);
    return row ? fromRow(row, this.#issuer).issuer : this.#issuer;
  }

  /** Whether the session was used recently enough for a silent sign-in. */
  isActive(session: Session): boolean {
    return session.activeAt + idleTime(session) > this.#clock.now();
  }

  /**
   * Returns the session of a sign-in, the conditional write that stores it, and its Set-Cookie value. The cookie is always new (CVE-2024-7341).
   * The sid stays the same when the same person signs in again in the same browser.
   */
  prepare(
    authentication: Authentication,
    idAssuranceLevel: string,
    roleId: string | null,
    before: Session | undefined,
  ): { session: Session; cookie: string; statement: Statement } {
    const now = this.#clock.now();
    const value = orderedToken();
    const session: Session = {
      // Three indexes grow at their end with it. Its tokens contain the time of the sign-in anyway.
      sid: before?.sid ?? orderedId(),
      issuer: this.#issuer,
      uid: authentication.uid,
      // The session of a card still ends with the card after a sign-in with another authenticator.
      cisSessionId: authentication.cisSessionId ?? before?.cisSessionId ?? null,
      agentId: authentication.agentId ?? before?.agentId ?? null,
      authentication,
      idAssuranceLevel,
      roleId,
      activeAt: now,
      endsAt: Math.max(authentication.personAt + longest, before?.endsAt ?? 0),
    };
    const body: SessionBody = { issuer: this.#issuer, authentication, idAssuranceLevel, roleId };
    const columns = [
      orderedHash(value),
      session.cisSessionId,
      session.agentId,
      JSON.stringify(body),
      this.#issuer,
      authentication.authenticator,
      now,
      this.#idleAt(session, now),
      session.endsAt,
      session.sid,
    ];
    // The proof of a live session needs no check: the session would have ended too.
    const { provenAt } =
      before?.authentication.provenAt === authentication.provenAt ? { provenAt: now } : authentication;
    const ending = [
      cisEndedKind,
      orderedHash(session.cisSessionId ?? ''),
      // A CIS session that has ended does not return.
      ...anyTime,
      personEndedKind,
      orderedHash(session.uid),
      provenAt,
      now + skew,
    ];
    const statement = must(
      before
        ? sql(this.#storeTexts.change, ...columns, ...ending)
        : sql(this.#storeTexts.insert, ...columns, session.uid, now, ...ending),
    );
    return { session, cookie: this.#cookies.set('session', value), statement };
  }

  /** Returns the conditional write that notes a use. Its batch fails if the session has ended. */
  useStatement(session: Session): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        'UPDATE cis2_session SET active_at = ?, idle_at = ? WHERE sid = ? AND ended_at IS NULL AND ends_at > ?',
        now,
        this.#idleAt(session, now),
        session.sid,
        now,
      ),
    );
  }

  /** Returns the write that changes the role, unless another request changed the session first. */
  changeRoleStatement(session: Session, roleId: string | null): Statement {
    const { issuer, authentication, idAssuranceLevel } = session;
    const body = (of: string | null): string =>
      JSON.stringify({ issuer, authentication, idAssuranceLevel, roleId: of } satisfies SessionBody);
    return sql(
      'UPDATE cis2_session SET body = ? WHERE sid = ? AND body = ? AND ended_at IS NULL',
      body(roleId),
      session.sid,
      body(session.roleId),
    );
  }

  /** Returns a condition: its batch fails if the session has ended. */
  requireLiveStatement(sid: string): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        'UPDATE cis2_session SET active_at = active_at WHERE sid = ? AND ended_at IS NULL AND ends_at > ?',
        sid,
        now,
      ),
    );
  }

  /** Returns the write that adds a relying party, which is notified when the session ends. @param isNew has no other yet */
  joinStatement(sid: string, clientId: string, isNew = false): Statement {
    return sql(isNew ? firstPartyText : partyText, sid, clientId, this.#clock.now());
  }

  async clients(sid: string): Promise<string[]> {
    const rows = await this.#database.all<Row>(
      sql('SELECT client_id FROM cis2_session_client WHERE sid = ? ORDER BY joined_at, client_id', sid),
    );
    return rows.map((row) => String(row.client_id));
  }

  /** Returns the conditional write that ends a session once. */
  endStatement(sid: string, cause: EndReason): Statement {
    return must(
      sql(
        'UPDATE cis2_session SET ended_at = ?, end_cause = ? WHERE sid = ? AND ended_at IS NULL',
        this.#clock.now(),
        cause,
        sid,
      ),
    );
  }

  /** Notes the end of a CIS session, so that a sign-in in progress cannot use it. */
  async noteCisEnd(cisSessionId: string): Promise<void> {
    await this.#singleUse.note(cisEndedKind, cisSessionId, maxWait);
  }

  /** Notes the end of all sessions of a person, so that no sign-in completes that was proved before. */
  async notePersonEnd(uid: string): Promise<void> {
    await this.#database.run(this.#singleUse.noteStatement(personEndedKind, uid, maxWait));
  }

  /** Whether the CIS session of a sign-in has ended, or all sessions of its user may have since. */
  async hasEnded({ cisSessionId, uid }: Authentication): Promise<boolean> {
    if (cisSessionId !== null && (await this.#singleUse.claimed(cisEndedKind, cisSessionId))) return true;
    return this.#singleUse.claimed(personEndedKind, uid);
  }

  /** Deletes sessions that ended long ago. Returns whether more remain. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'cis2_session', key: 'sid', column: 'ended_at', before };
    return removeOldWith(this.#database, old, { table: 'cis2_session_client', column: 'sid' });
  }

  /** Returns the Set-Cookie value that removes the cookie. */
  clearedCookie(): string {
    return this.#cookies.clear('session');
  }

  /** Returns when the session becomes idle; null if the workstation enforces inactivity. */
  #idleAt(session: Session, now: number): number | null {
    return isWatched(session, this.#unwatchedMethods) ? null : now + idleTime(session);
  }

  async #live(which: keyof typeof liveTexts, ...values: Value[]): Promise<Session[]> {
    const statement = sql(liveTexts[which], ...values, this.#clock.now());
    const rows = await this.#database.all(statement, sessionRow);
    return rows.map((row) => fromRow(row, this.#issuer));
  }
}
