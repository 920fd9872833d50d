import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { type Database, type Row, sql } from '../../storage/database.ts';
import type { CisClient } from '../cis-client.ts';
import type { Sessions } from '../sessions.ts';
import type { SessionEnds } from './session-ends.ts';

interface Parts {
  clock: Clock;
  database: Database;
  cis: CisClient;
  sessions: Sessions;
  ends: SessionEnds;
  log: Log;
}

/** How many people one round asks for. */
const most = 50;

/**
 * Ends the sessions of people who were disabled or left the directory. CIS tells of those whose smartcard session it ends; the
 * others are asked for in turn, some in each round.
 */
export class GonePeople {
  readonly #parts: Parts;
  #after = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { database, clock, log } = this.#parts;
    // Sessions without a CIS session, and those that live on when the card leaves.
    const rows = await database.all<Row>(
      sql(
        `SELECT DISTINCT uid FROM cis2_session WHERE uid > ? AND ended_at IS NULL AND ends_at > ?
         AND (cis_session_id IS NULL OR body LIKE '%"CIS2_SMARTCARD"%') ORDER BY uid LIMIT ?`,
        this.#after,
        clock.now(),
        most,
      ),
    );
    const people = rows.map(({ uid }) => String(uid));
    this.#after = people.length === most ? (people.at(-1) ?? '') : '';
    try {
      await Promise.all(people.map((uid) => this.#look(uid)));
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'whether people are still there is not known now');
    }
  }

  async #look(uid: string): Promise<void> {
    const { cis, sessions, ends } = this.#parts;
    const person = await cis.person(uid);
    if (!person || person.disabled) await ends.end(await sessions.ofPerson(uid), 'disabled');
  }
}
