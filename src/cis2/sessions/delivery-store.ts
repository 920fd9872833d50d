import type { Clock } from '@alongside/kernel/clock';
import { inBatches, removeSomeStatement } from '../../storage/batches.ts';
import { type Database, type Statement, sql } from '../../storage/database.ts';
import type { EndReason } from '../model/session.ts';

/** Whether it is still to be told, was told, or will not be told any more unless somebody asks for it. */
export type DeliveryState = 'pending' | 'delivered' | 'givenUp';

/** One message to one relying party, and what became of it. Times in milliseconds. */
export interface Delivery {
  id: string;
  sid: string;
  uid: string;
  cisSessionId: string | null;
  clientId: string;
  address: string;
  /** The address is the operator's own, so it may be private. */
  trusted: boolean;
  cause: EndReason;
  state: DeliveryState;
  attempts: number;
  /** What came of the last attempt; empty before the first. */
  result: string;
  createdAt: number;
  dueAt: number;
  triedAt: number | null;
}

interface DeliveryRow {
  id: string;
  sid: string;
  uid: string;
  cis_session_id: string | null;
  client_id: string;
  address: string;
  trusted: number;
  cause: string;
  state: string;
  attempts: number;
  result: string;
  created_at: number;
  due_at: number;
  tried_at: number | null;
}

const fromRow = (row: DeliveryRow): Delivery => ({
  id: row.id,
  sid: row.sid,
  uid: row.uid,
  cisSessionId: row.cis_session_id,
  clientId: row.client_id,
  address: row.address,
  trusted: row.trusted === 1,
  cause: row.cause as EndReason,
  state: row.state as DeliveryState,
  attempts: row.attempts,
  result: row.result,
  createdAt: row.created_at,
  dueAt: row.due_at,
  triedAt: row.tried_at,
});

/** How long the log is kept, in milliseconds. */
const kept = 7 * 86_400_000;

/** The deliveries in storage: any process may take one up. */
export class DeliveryStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The write that brings one into being. */
  addStatement(delivery: Delivery): Statement {
    return sql(
      `INSERT INTO logout_delivery (id, sid, uid, cis_session_id, client_id, address, trusted, cause, state, attempts,
       result, created_at, due_at, tried_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      delivery.id,
      delivery.sid,
      delivery.uid,
      delivery.cisSessionId,
      delivery.clientId,
      delivery.address,
      delivery.trusted ? 1 : 0,
      delivery.cause,
      delivery.state,
      delivery.attempts,
      delivery.result,
      delivery.createdAt,
      delivery.dueAt,
      delivery.triedAt,
    );
  }

  async get(id: string): Promise<Delivery | undefined> {
    const row = await this.#database.get<DeliveryRow>(sql('SELECT * FROM logout_delivery WHERE id = ?', id));
    return row && fromRow(row);
  }

  /** Those whose time has come, the longest overdue first. */
  async due(limit: number): Promise<Delivery[]> {
    const rows = await this.#database.all<DeliveryRow>(
      sql(
        "SELECT * FROM logout_delivery WHERE state = 'pending' AND due_at <= ? ORDER BY due_at LIMIT ?",
        this.#clock.now(),
        limit,
      ),
    );
    return rows.map(fromRow);
  }

  /** The log since a moment, the newest first. */
  async since(moment: number, limit: number): Promise<Delivery[]> {
    const rows = await this.#database.all<DeliveryRow>(
      sql(
        'SELECT * FROM logout_delivery WHERE created_at >= ? ORDER BY created_at DESC, id LIMIT ?',
        moment,
        limit,
      ),
    );
    return rows.map(fromRow);
  }

  /** Changes a delivery only if nobody has since it was read; false when somebody was quicker. */
  async change(before: Delivery, after: Partial<Delivery>): Promise<boolean> {
    const { state, attempts, result, dueAt, triedAt } = { ...before, ...after };
    const { changes } = await this.#database.run(
      sql(
        `UPDATE logout_delivery SET state = ?, attempts = ?, result = ?, due_at = ?, tried_at = ?
         WHERE id = ? AND state = ? AND attempts = ? AND due_at = ?`,
        state,
        attempts,
        result,
        dueAt,
        triedAt,
        before.id,
        before.state,
        before.attempts,
        before.dueAt,
      ),
    );
    return changes === 1;
  }

  /** Removes deliveries that are older than the log is kept. Returns whether more are left. */
  sweep(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = {
      table: 'logout_delivery',
      key: 'id',
      column: 'created_at',
      before,
      and: "state <> 'pending'",
    };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }
}
