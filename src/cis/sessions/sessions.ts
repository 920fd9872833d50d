import type { Clock } from '@alongside/kernel/clock';
import { batchSize, removeOldWith } from '../../storage/batches.ts';
import { type Database, must, type Statement, sql, type Value } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { EndCause } from '../protocol.ts';
import { idleEnd, type Session, sessionFromRow, sessionLimits, sessionRow } from './session.ts';

/** Milliseconds to keep ended sessions. */
const kept = 30 * 86_400_000;

export type EndedSession = Session & { endedAt: number; endCause: EndCause };

/** Returns further statements for the batch that ends a session: its messages and its audit record. */
export type EndStatements = (ended: EndedSession) => Statement[];

interface Selection {
  condition: string;
  values: readonly Value[];
}

/** Prefix of the agent id of a client of the legacy interface. Other agent ids are thumbprints, with another length. */
export const legacyDesk = 'legacy-';

const notOver = 'heartbeat_at > ? AND ends_at > ?';

/** The stored sessions. Each change is one conditional write, so any number of processes may serve a session. */
export class Sessions {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #endStatements: EndStatements;

  constructor(database: Database, singleUse: SingleUse, clock: Clock, endStatements: EndStatements) {
    this.#database = database;
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#endStatements = endStatements;
  }

  /** Returns the stored session. An expired one may not be marked as ended yet. */
  async find(id: string): Promise<Session | undefined> {
    const row = await this.#database.get(sql('SELECT * FROM cis_session WHERE id = ?', id), sessionRow);
    return row && sessionFromRow(row);
  }

  /**
   * Stores a session and ends the former one at the same agent, because a workstation has one user. Returns the ended sessions, or
   * undefined if the person is no longer at this revision or another sign-in at the agent was faster.
   * @param record audit record of the sign-in
   */
  async open(
    session: Session,
    personRevision: number,
    record: Statement,
  ): Promise<EndedSession[] | undefined> {
    const { uid, agentId } = session;
    const former = (await this.#select({ condition: 'agent_id = ?', values: [agentId] })).map((one) =>
      this.#ending(one, one.uid === uid ? 'agentStopped' : 'anotherPerson'),
    );
    const { done } = await this.#database.batch([
      // The row represents the workstation, so that sign-ins at one agent are serialised in both dialects.
      { ...this.#singleUse.claimStatement('cis-desk', agentId, 1), condition: undefined },
      ...former.flatMap(({ statements }) => statements),
      // Locks the person until the session is written, so that no change is missed.
      must(
        sql(
          `UPDATE person SET revision = revision WHERE uid = ? AND revision = ?
           AND NOT EXISTS (SELECT 1 FROM cis_session WHERE agent_id = ? AND ended_at IS NULL)`,
          uid,
          personRevision,
          agentId,
        ),
      ),
      this.#insertStatement(session),
      record,
    ]);
    return done ? former.map(({ ended }) => ended) : undefined;
  }

  /** Stores a heartbeat. Returns false if the session has ended. */
  async heard(id: string): Promise<boolean> {
    return await this.#changeLive('heartbeat_at = ?', [this.#clock.now()], id);
  }

  /** Returns the newest live sessions, of one person or of all. All last equally long, so those that end last are the newest. */
  async live(limit: number, uid?: string): Promise<Session[]> {
    const ofPerson = uid === undefined ? '' : ' AND uid = ?';
    const rows = await this.#database.all(
      sql(
        `SELECT * FROM cis_session WHERE ended_at IS NULL AND ${notOver}${ofPerson} ORDER BY ends_at DESC LIMIT ?`,
        ...this.#limits(this.#clock.now()),
        ...(uid === undefined ? [] : [uid]),
        limit,
      ),
      sessionRow,
    );
    return rows.map(sessionFromRow).sort((a, b) => b.createdAt - a.createdAt);
  }

  async endedAfter(time: number): Promise<Pick<Session, 'id' | 'endCause'>[]> {
    const rows = await this.#database.all<{ id: string; end_cause: EndCause | null }>(
      sql('SELECT id, end_cause FROM cis_session WHERE ended_at > ?', time),
    );
    return rows.map((row) => ({ id: row.id, endCause: row.end_cause }));
  }

  /** Returns false if the session has ended. */
  async chooseRole(id: string, roleId: string | null, record: Statement): Promise<boolean> {
    return await this.#changeLive('role_id = ?', [roleId], id, [record]);
  }

  /** Stores a PIN with this card. Returns false if the session has ended. */
  async pinGiven(id: string, cardSerial: string, record: Statement): Promise<boolean> {
    const now = this.#clock.now();
    const change = 'pin_at = ?, heartbeat_at = ?, card_serial = ?';
    return await this.#changeLive(change, [now, now, cardSerial], id, [record]);
  }

  /** Ends a session. Returns undefined if it had ended before. */
  async end(id: string, cause: EndCause): Promise<EndedSession | undefined> {
    const [ended] = await this.#endAll({ condition: 'id = ?', values: [id] }, cause);
    return ended;
  }

  async endAllOf(uid: string, cause: EndCause): Promise<EndedSession[]> {
    return await this.#endAll({ condition: 'uid = ?', values: [uid] }, cause);
  }

  async endAllOfAgent(agentId: string, cause: EndCause): Promise<EndedSession[]> {
    return await this.#endAll({ condition: 'agent_id = ?', values: [agentId] }, cause);
  }

  /** Ends all sessions that used this card for the sign-in or the last PIN. */
  async endAllOfCard(cardSerial: string, cause: EndCause): Promise<EndedSession[]> {
    return await this.#endAll({ condition: 'card_serial = ?', values: [cardSerial] }, cause);
  }

  /** Clears chosen roles that the person no longer has. */
  async keepRoles(uid: string, roleIds: readonly string[]): Promise<void> {
    const marks = roleIds.map(() => '?').join(', ') || "''";
    await this.#database.run(
      sql(
        `UPDATE cis_session SET role_id = NULL WHERE uid = ? AND ended_at IS NULL AND role_id NOT IN (${marks})`,
        uid,
        ...roleIds,
      ),
    );
  }

  /** Whether a session has expired but is not marked as ended yet. */
  isOverdue(session: Session): boolean {
    return session.endedAt === null && idleEnd(session) <= this.#clock.now();
  }

  /** Marks this session as ended if it has expired, and returns it to the one caller that marked it. */
  async expire(id: string): Promise<EndedSession[]> {
    const { condition, values } = this.#overdue();
    return await this.#endAll({ condition: `id = ? AND ${condition}`, values: [id, ...values] }, 'expired');
  }

  /** Marks expired sessions as ended, at most one batch that was not heard and one at its end, and returns each once. */
  async expireSome(): Promise<EndedSession[]> {
    const overdue = this.#overdue();
    const [heardBefore, endBefore] = this.#limits(this.#clock.now());
    const some = (column: string, limit: number): Selection => ({
      condition: `id IN (SELECT id FROM cis_session WHERE ended_at IS NULL AND ${column} <= ? ORDER BY ${column} LIMIT ${batchSize})`,
      values: [limit],
    });
    const silent = await this.#endAll(some('heartbeat_at', heardBefore), 'expired', overdue);
    return [...silent, ...(await this.#endAll(some('ends_at', endBefore), 'expired', overdue))];
  }

  /**
   * Keeps live sessions live when the clock is moved by this number of milliseconds, called before or after the move. A session of
   * sessions of the legacy interface do not send heartbeats and become idle with the clock.
   */
  async clockMoved(by: number): Promise<void> {
    const now = this.#clock.now();
    await this.#database.run(
      by > 0
        ? sql(
            `UPDATE cis_session SET heartbeat_at = heartbeat_at + ?
             WHERE ended_at IS NULL AND heartbeat_at > ? AND agent_id NOT LIKE '${legacyDesk}%'`,
            by,
            now - by - sessionLimits.idle,
          )
        : sql(
            'UPDATE cis_session SET heartbeat_at = ? WHERE ended_at IS NULL AND heartbeat_at > ?',
            now,
            now,
          ),
    );
  }

  /** Removes sessions that ended long ago, with their tickets. Returns whether more remain. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'cis_session', key: 'id', column: 'ended_at', before };
    return removeOldWith(this.#database, old, { table: 'legacy_ticket', column: 'session_id' });
  }

  /**
   * Ends each selected session in its own batch. Returns those that no other caller ended first.
   * @param due condition under which a session that changed in between must still end
   */
  async #endAll(selection: Selection, cause: EndCause, due = selection): Promise<EndedSession[]> {
    const all: EndedSession[] = [];
    for (const session of await this.#select(selection)) {
      const ended = await this.#endOne(session, cause, due);
      if (ended) all.push(ended);
    }
    return all;
  }

  async #endOne(selected: Session, cause: EndCause, due: Selection): Promise<EndedSession | undefined> {
    const again = { condition: `id = ? AND ${due.condition}`, values: [selected.id, ...due.values] };
    for (let session: Session | undefined = selected; session; [session] = await this.#select(again)) {
      const { ended, statements } = this.#ending(session, cause);
      if ((await this.#database.batch(statements)).done) return ended;
    }
    return undefined;
  }

  /** Selects sessions that are not marked as ended. */
  async #select({ condition, values }: Selection): Promise<Session[]> {
    const statement = sql(`SELECT * FROM cis_session WHERE ${condition} AND ended_at IS NULL`, ...values);
    const rows = await this.#database.all(statement, sessionRow);
    return rows.map(sessionFromRow);
  }

  /** Returns the end of a session and its statements, which require it unchanged. An expired session has the cause `expired`. */
  #ending(session: Session, cause: EndCause): { ended: EndedSession; statements: Statement[] } {
    const now = this.#clock.now();
    const ended = { ...session, endedAt: now, endCause: idleEnd(session) > now ? cause : 'expired' };
    const end = sql(
      'UPDATE cis_session SET ended_at = ?, end_cause = ? WHERE id = ? AND ended_at IS NULL AND heartbeat_at = ? AND card_serial = ?',
      now,
      ended.endCause,
      session.id,
      session.heartbeatAt,
      session.cardSerial,
    );
    return { ended, statements: [must(end), ...this.#endStatements(ended)] };
  }

  #overdue(): Selection {
    return { condition: `NOT (${notOver})`, values: this.#limits(this.#clock.now()) };
  }

  #limits(now: number): [number, number] {
    return [now - sessionLimits.idle, now];
  }

  async #changeLive(
    change: string,
    values: readonly Value[],
    id: string,
    others: readonly Statement[] = [],
  ): Promise<boolean> {
    const update = sql(
      `UPDATE cis_session SET ${change} WHERE id = ? AND ended_at IS NULL AND ${notOver}`,
      ...values,
      id,
      ...this.#limits(this.#clock.now()),
    );
    return (await this.#database.batch([must(update), ...others])).done;
  }

  #insertStatement(session: Session): Statement {
    return sql(
      `INSERT INTO cis_session (id, uid, agent_id, card_serial, session_jwk, generation, mode, role_id, created_at, pin_at, heartbeat_at, ends_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      session.id,
      session.uid,
      session.agentId,
      session.cardSerial,
      JSON.stringify(session.sessionKey),
      session.generation,
      session.mode,
      session.roleId,
      session.createdAt,
      session.pinAt,
      session.heartbeatAt,
      session.endsAt,
    );
  }
}
