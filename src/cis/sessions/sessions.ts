import type { Clock } from '@alongside/kernel/clock';
import { batchSize, inBatches, removeSomeStatement, someStatement } from '../../storage/batches.ts';
import {
  type Database,
  must,
  type Row,
  type Statement,
  type StatementResult,
  sql,
  type Value,
} from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { EndCause } from '../protocol.ts';
import { type Session, sessionFromRow, sessionLimits } from './session.ts';

/** How long ended sessions stay on record, in milliseconds. */
const kept = 30 * 86_400_000;

/** Writes that go with the end of the sessions that ended at this time under this condition, in the same batch. */
export interface EndWrites {
  queueing(endedAt: number, condition: string, ...values: Value[]): Statement[];
}

/** How the id of a desk begins that speaks the legacy interface; an agent's own is a thumbprint, which has another length. */
export const legacyDesk = 'legacy-';

const live = 'ended_at IS NULL AND heartbeat_at > ? AND ends_at > ?';

/** The sessions in storage. Every change is one conditional write, so any number of processes may serve one session. */
export class Sessions {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #endWrites: EndWrites;

  constructor(
    database: Database,
    singleUse: SingleUse,
    clock: Clock,
    endWrites: EndWrites = { queueing: () => [] },
  ) {
    this.#database = database;
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#endWrites = endWrites;
  }

  /** As it is kept; a session whose time is over may not be marked as ended yet. */
  async find(id: string): Promise<Session | undefined> {
    const row = await this.#database.get<Row>(sql('SELECT * FROM cis_session WHERE id = ?', id));
    return row && sessionFromRow(row);
  }

  /**
   * Begins a session and ends the one before it at the same agent: one person at a desk.
   * Resolves with the sessions that ended by it, or with undefined when the person is no longer at this revision.
   */
  async open(session: Session, personRevision: number): Promise<Session[] | undefined> {
    const now = this.#clock.now();
    const { done, results } = await this.#database.batch([
      // No change of the person may pass between the look at them and this.
      must(
        sql(
          'UPDATE person SET revision = revision WHERE uid = ? AND revision = ?',
          session.uid,
          personRevision,
        ),
      ),
      // The row stands for the desk: two sign-ins at one agent come one after the other, in every dialect.
      { ...this.#singleUse.claiming('cis-desk', session.agentId, 1), mustChange: false },
      this.#expiring(now, 'agent_id = ?', session.agentId),
      sql(
        `UPDATE cis_session SET ended_at = ?, end_cause = CASE WHEN uid = ? THEN 'agentStopped' ELSE 'anotherPerson' END
         WHERE agent_id = ? AND ended_at IS NULL RETURNING *`,
        now,
        session.uid,
        session.agentId,
      ),
      ...this.#endWrites.queueing(now, 'agent_id = ?', session.agentId),
      this.#insert(session),
    ]);
    return done ? this.#ended(results.slice(2, 4)) : undefined;
  }

  /** The agent is there. False when the session has ended. */
  async heard(id: string): Promise<boolean> {
    const now = this.#clock.now();
    return await this.#changeLive('heartbeat_at = ?', [now], id);
  }

  /** Sessions that ended after this time. */
  async endedAfter(time: number): Promise<Pick<Session, 'id' | 'endCause'>[]> {
    const rows = await this.#database.all<{ id: string; end_cause: EndCause | null }>(
      sql('SELECT id, end_cause FROM cis_session WHERE ended_at > ?', time),
    );
    return rows.map((row) => ({ id: row.id, endCause: row.end_cause }));
  }

  /** False when the session has ended. */
  async chooseRole(id: string, roleId: string | null): Promise<boolean> {
    return await this.#changeLive('role_id = ?', [roleId], id);
  }

  /** The PIN was given again, with this card. False when the session has ended. */
  async pinGiven(id: string, cardSerial: string): Promise<boolean> {
    const now = this.#clock.now();
    return await this.#changeLive(
      'pin_at = ?, heartbeat_at = ?, card_serial = ?',
      [now, now, cardSerial],
      id,
    );
  }

  /** Ends a session; undefined when it had ended already. */
  async end(id: string, cause: EndCause): Promise<Session | undefined> {
    const [ended] = await this.#endAll(cause, 'id = ?', id);
    return ended;
  }

  /** Ends every session of a person. */
  async endAllOf(uid: string, cause: EndCause): Promise<Session[]> {
    return await this.#endAll(cause, 'uid = ?', uid);
  }

  /** Ends every session that was made at this agent. */
  async endAllOfAgent(agentId: string, cause: EndCause): Promise<Session[]> {
    return await this.#endAll(cause, 'agent_id = ?', agentId);
  }

  /** Ends every session that began, or had its PIN given last, with this card. */
  async endAllOfCard(cardSerial: string, cause: EndCause): Promise<Session[]> {
    return await this.#endAll(cause, 'card_serial = ?', cardSerial);
  }

  /** Takes back the choice of roles that the person no longer has. */
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

  /** Marks this session as ended if its time is over, and returns it to the one caller that marked it. */
  async expire(id: string): Promise<Session[]> {
    const now = this.#clock.now();
    const due = await this.#database.get(
      sql(
        `SELECT id FROM cis_session WHERE id = ? AND ended_at IS NULL AND NOT (${live})`,
        id,
        ...this.#limits(now),
      ),
    );
    if (!due) return [];
    const { results } = await this.#database.batch([
      this.#expiring(now, 'id = ?', id),
      ...this.#endWrites.queueing(now, 'id = ?', id),
    ]);
    return this.#ended(results.slice(0, 1));
  }

  /** Marks sessions whose time is over as ended, at most one batch that was not heard and one at its end, and returns each once. */
  async expireSome(): Promise<Session[]> {
    const now = this.#clock.now();
    const [heardBefore] = this.#limits(now);
    const overdue = [
      { column: 'heartbeat_at', limit: heardBefore },
      { column: 'ends_at', limit: now },
    ];
    const some = (column: string, most: number) =>
      `SELECT id FROM cis_session WHERE ended_at IS NULL AND ${column} <= ? ORDER BY ${column} LIMIT ${most}`;
    // A sweep that finds nothing takes no lock.
    const first = await Promise.all(
      overdue.map(({ column, limit }) => this.#database.get(sql(some(column, 1), limit))),
    );
    if (first.every((row) => row === undefined)) return [];
    const { results } = await this.#database.batch([
      ...overdue.map(({ column, limit }) => this.#expiring(now, `id IN (${some(column, batchSize)})`, limit)),
      // Those that ended at this moment by another cause have their messages already.
      ...this.#endWrites.queueing(now, '1 = 1'),
    ]);
    return this.#ended(results.slice(0, 2));
  }

  /**
   * The clock is moved by so many milliseconds: who lived before lives on, for the desk did not leave. Right just before the move
   * as well as after it. A session of the legacy interface has no desk that is heard of: it grows idle with the clock.
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

  /** Forgets sessions that ended long ago, with their tickets and messages. Returns whether more are left. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'cis_session', key: 'id', column: 'ended_at', before };
    const { text, values } = someStatement(old);
    return inBatches(async () => {
      const { results } = await this.#database.batch([
        sql(`DELETE FROM legacy_ticket WHERE session_id IN (${text})`, ...values),
        sql(`DELETE FROM session_message WHERE session_id IN (${text})`, ...values),
        removeSomeStatement(old),
      ]);
      return results[2]?.changes ?? 0;
    });
  }

  /** The end of sessions whose time is over comes first: they expired, whatever ends the others. */
  async #endAll(cause: EndCause, condition: string, value: string): Promise<Session[]> {
    const now = this.#clock.now();
    const { results } = await this.#database.batch([
      this.#expiring(now, condition, value),
      sql(
        `UPDATE cis_session SET ended_at = ?, end_cause = ? WHERE ${condition} AND ended_at IS NULL RETURNING *`,
        now,
        cause,
        value,
      ),
      ...this.#endWrites.queueing(now, condition, value),
    ]);
    return this.#ended(results.slice(0, 2));
  }

  #limits(now: number): [number, number] {
    return [now - sessionLimits.idle, now];
  }

  #ended(results: readonly StatementResult[]): Session[] {
    return results.flatMap(({ rows }) => rows.map(sessionFromRow));
  }

  #expiring(now: number, condition: string, ...values: Value[]): Statement {
    return sql(
      `UPDATE cis_session SET ended_at = ?, end_cause = 'expired' WHERE ended_at IS NULL AND NOT (${live}) AND ${condition} RETURNING *`,
      now,
      ...this.#limits(now),
      ...values,
    );
  }

  async #changeLive(change: string, values: readonly Value[], id: string): Promise<boolean> {
    const { changes } = await this.#database.run(
      sql(
        `UPDATE cis_session SET ${change} WHERE id = ? AND ${live}`,
        ...values,
        id,
        ...this.#limits(this.#clock.now()),
      ),
    );
    return changes === 1;
  }

  #insert(session: Session): Statement {
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
