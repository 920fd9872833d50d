import { detailOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { type Database, type Row, sql } from '../../storage/database.ts';
import { Settings } from '../../storage/settings.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Sessions } from './sessions.ts';

interface Parts {
  database: Database;
  cis: CisClient;
  sessions: Sessions;
  ends: SessionEnds;
  log: Log;
}

/** How many people a round reads in turn, how many of them it asks CIS about, and how many at the same time. */
const inTurn = 200;
const most = 20;
const atOnce = 20;

/** Setting that holds the number of the last change that was followed: another process goes on from there. */
const followedSetting = 'cis2.directory-changes';

/**
 * Ends the sessions of people who were disabled or left the directory. It follows who was changed there, which costs one question a
 * round however many are signed in; for what it may have missed, while no process ran, it also asks for everybody in turn.
 */
export class GonePeople {
  readonly #parts: Parts;
  readonly #settings: Settings;
  #after = '';
  /** Said once, and once more when it is over: the rounds are seconds apart. */
  #isBlind = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#settings = new Settings(parts.database);
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
    const stored = await this.#settings.get(followedSetting);
    for (let seen = stored === undefined ? undefined : Number(stored); ; ) {
      const changed = await this.#parts.cis.changes(seen);
      if (!changed) return;
      await this.#look(await this.#signedIn(changed.uids));
      // A lower number is of a directory that began again.
      if (changed.last !== seen) await this.#settings.set(followedSetting, String(changed.last));
      if (seen === undefined || changed.uids.length === 0) return;
      seen = changed.last;
    }
  }

  /** Sessions without a CIS session, and those that outlive the card's removal, by person. */
  async #inTurn(): Promise<void> {
    const rows = await this.#parts.database.all<{ uid: string; is_alone: number }>(
      sql(
        `SELECT uid, MAX(CASE WHEN cis_session_id IS NULL OR body LIKE '%"CIS2_SMARTCARD"%' THEN 1 ELSE 0 END) AS is_alone
         FROM cis2_session WHERE ended_at IS NULL AND uid > ? GROUP BY uid ORDER BY uid LIMIT ${inTurn}`,
        this.#after,
      ),
    );
    const alone = rows.filter(({ is_alone }) => is_alone === 1).map(({ uid }) => uid);
    await this.#look(alone.slice(0, most));
    if (alone.length > most) this.#after = alone[most - 1] ?? '';
    else this.#after = rows.length === inTurn ? (rows.at(-1)?.uid ?? '') : '';
  }

  /** Those of them who have a live session. */
  async #signedIn(uids: readonly string[]): Promise<string[]> {
    if (uids.length === 0) return [];
    const rows = await this.#parts.database.all<Row>(
      sql(
        `SELECT DISTINCT uid FROM cis2_session WHERE ended_at IS NULL AND uid IN (${uids.map(() => '?').join(', ')})`,
        ...uids,
      ),
    );
    return rows.map(({ uid }) => String(uid));
  }

  async #look(uids: readonly string[]): Promise<void> {
    for (let done = 0; done < uids.length; done += atOnce)
      await Promise.all(uids.slice(done, done + atOnce).map((uid) => this.#lookAt(uid)));
  }

  async #lookAt(uid: string): Promise<void> {
    const { cis, sessions, ends } = this.#parts;
    const person = await cis.person(uid);
    if (!person || person.disabled) await ends.end(await sessions.ofPerson(uid), 'disabled');
  }
}
