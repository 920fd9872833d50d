import type { Clock } from '@alongside/kernel/clock';
import { batchSize } from '../../storage/batches.ts';
import { type Database, sql } from '../../storage/database.ts';
import type { GroundKind } from '../directory/changes.ts';
import type { EndCause } from '../protocol.ts';
import type { Endings } from './endings.ts';

/**
 * Milliseconds for which a note is stored: a sign-in that read the person or the card before the change may still open a session,
 * which a later check finds.
 */
const kept = 60_000;

/**
 * Ends the sessions of removed or disabled people and of ended cards if the process that made the change did not, because it was
 * killed or a sign-in overtook it.
 */
export class Grounds {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #endings: Endings;

  constructor(database: Database, clock: Clock, endings: Endings) {
    this.#database = database;
    this.#clock = clock;
    this.#endings = endings;
  }

  /** Checks the sessions of one batch of changes. Returns whether more remain. */
  async check(): Promise<boolean> {
    const now = this.#clock.now();
    const notes = await this.#database.all<{ kind: GroundKind; value: string; noted_at: number }>(
      sql(`SELECT kind, value, noted_at FROM session_ground ORDER BY noted_at LIMIT ${batchSize}`),
    );
    for (const { kind, value, noted_at: notedAt } of notes) {
      for (const { id, cause } of await this.#without(kind, value)) await this.#endings.end(id, cause);
      // The first check sets the time, so that no writer needs a clock.
      const isOld = notedAt !== 0 && Math.abs(now - notedAt) >= kept;
      await this.#database.run(
        isOld
          ? sql(
              'DELETE FROM session_ground WHERE kind = ? AND value = ? AND noted_at = ?',
              kind,
              value,
              notedAt,
            )
          : sql(
              'UPDATE session_ground SET noted_at = ? WHERE kind = ? AND value = ? AND noted_at = 0',
              now,
              kind,
              value,
            ),
      );
    }
    return notes.length === batchSize && notes.at(-1)?.noted_at === 0;
  }

  /** Returns the live sessions of this person or card that must end, because the person or card has been withdrawn. */
  async #without(kind: GroundKind, value: string): Promise<{ id: string; cause: EndCause }[]> {
    const rows = await this.#database.all<{ id: string; person: string | null; card: string | null }>(
      sql(
        `SELECT cis_session.id AS id, person.uid AS person, card.state AS card FROM cis_session
         LEFT JOIN person ON person.uid = cis_session.uid LEFT JOIN card ON card.serial = cis_session.card_serial
         WHERE cis_session.${kind} = ? AND ended_at IS NULL AND (person.uid IS NULL OR card.state IN ('revoked', 'replaced')
           OR person.body LIKE '%"disabled":true%')`,
        value,
      ),
    );
    return rows.map(({ id, person, card }) => ({
      id,
      cause: person !== null && card !== 'revoked' && card !== 'replaced' ? 'disabled' : 'administrator',
    }));
  }
}
