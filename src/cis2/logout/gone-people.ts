import type { Clock } from '@alongside/kernel/clock';
import { detailOf } from '@alongside/kernel/errors';
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

/** How many people a round asks for in turn, and how many it asks for at the same time. */
const most = 20;

/**
 * Ends the sessions of people who were disabled or left the directory. It follows who was changed there, which costs one question a
 * round however many are signed in; for what it may have missed, while no process ran, it also asks for everybody in turn.
 */
export class GonePeople {
  readonly #parts: Parts;
  #seen: number | undefined;
  #after = '';
  /** Said once, and once more when it is over: the rounds are seconds apart. */
  #isBlind = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    try {
      await this.#follow();
      await this.#inTurn();
      if (this.#isBlind) this.#parts.log.warn({}, 'whether people are still there is known again');
      this.#isBlind = false;
    } catch (error) {
      if (!this.#isBlind)
        this.#parts.log.warn({ reason: detailOf(error) }, 'whether people are still there is not known now');
      this.#isBlind = true;
    }
  }

  async #follow(): Promise<void> {
    for (;;) {
      const changed = await this.#parts.cis.changes(this.#seen);
      if (!changed) return;
      await this.#look(await this.#signedIn(changed.uids));
      const before = this.#seen;
      this.#seen = changed.last;
      if (before === undefined || changed.uids.length === 0) return;
    }
  }

  async #inTurn(): Promise<void> {
    // Sessions without a CIS session, and those that live on when the card leaves.
    const people = await this.#people(
      `uid > ? AND (cis_session_id IS NULL OR body LIKE '%"CIS2_SMARTCARD"%') ORDER BY uid LIMIT ?`,
      this.#after,
      most,
    );
    await this.#look(people);
    this.#after = people.length === most ? (people.at(-1) ?? '') : '';
  }

  /** Those of them who have a live session. */
  async #signedIn(uids: readonly string[]): Promise<string[]> {
    if (uids.length === 0) return [];
    return this.#people(`uid IN (${uids.map(() => '?').join(', ')})`, ...uids);
  }

  async #people(condition: string, ...values: (string | number)[]): Promise<string[]> {
    const { database, clock } = this.#parts;
    const live = 'SELECT DISTINCT uid FROM cis2_session WHERE ended_at IS NULL AND ends_at > ?';
    const rows = await database.all<Row>(sql(`${live} AND ${condition}`, clock.now(), ...values));
    return rows.map(({ uid }) => String(uid));
  }

  async #look(uids: readonly string[]): Promise<void> {
    for (let done = 0; done < uids.length; done += most)
      await Promise.all(uids.slice(done, done + most).map((uid) => this.#lookAt(uid)));
  }

  async #lookAt(uid: string): Promise<void> {
    const { cis, sessions, ends } = this.#parts;
    const person = await cis.person(uid);
    if (!person || person.disabled) await ends.end(await sessions.ofPerson(uid), 'disabled');
  }
}
