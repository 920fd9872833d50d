import { detailOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { type Database, sql } from '../../storage/database.ts';
import { computed, flag, row, text } from '../../storage/row.ts';
import { Settings } from '../../storage/settings.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { SessionEnds } from './session-ends.ts';

interface FollowerDependencies {
  database: Database;
  cis: CisClient;
  ends: SessionEnds;
  log: Log;
  /** Methods with sessions that CIS does not end; see `AuthenticatorKind`. */
  unwatchedMethods: readonly string[];
}

/** Sessions that one round reads. */
const maxRead = 200;
/** People of those that one round looks up at CIS. */
const maxLookups = 20;
/** Lookups at the same time. */
const concurrency = 20;

const uidRow = row('cis2_session', { uid: text });
const unwatchedRow = row('cis2_session', { uid: text, is_unwatched: computed(flag) });

/** The setting with the number of the last change, from which any process continues. */
const followedSetting = 'cis2.directory-changes';

/**
 * Ends the sessions of people who were disabled in or removed from the directory, even if they were enabled again since. It follows the changes of the directory, with one
 * request a round. It also looks up all signed-in people in turn, for changes that it missed while no process ran.
 */
export class DirectoryFollower {
  readonly #parts: FollowerDependencies;
  readonly #settings: Settings;
  #after = '';
  /** Logs only the first failure and the recovery: rounds are seconds apart. */
  #isFailing = false;

  constructor(parts: FollowerDependencies) {
    this.#parts = parts;
    this.#settings = new Settings(parts.database);
  }

  async run(): Promise<void> {
    try {
      await this.#follow();
      await this.#lookUpInTurn();
      if (this.#isFailing) this.#parts.log.warn({}, 'changes of the directory are followed again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#parts.log.warn({ reason: detailOf(error) }, 'changes of the directory cannot be followed');
      this.#isFailing = true;
    }
  }

  async #follow(): Promise<void> {
    const stored = await this.#settings.get(followedSetting);
    for (let seen = stored === undefined ? undefined : Number(stored); ; ) {
      const changed = await this.#parts.cis.changes(seen);
      if (!changed) return;
      const gone = changed.gone ?? [];
      await this.#inTurn(gone, (uid) => this.#end(uid));
      await this.#lookUp(await this.#signedIn(changed.uids.filter((uid) => !gone.includes(uid))));
      // The number is lower after the directory was set up again.
      if (changed.last !== seen) await this.#settings.set(followedSetting, String(changed.last));
      if (seen === undefined || changed.uids.length === 0) return;
      seen = changed.last;
    }
  }

  /** Looks up people with a session that CIS does not end. */
  async #lookUpInTurn(): Promise<void> {
    const { database, unwatchedMethods } = this.#parts;
    const unwatched = unwatchedMethods.map(() => ' OR body LIKE ?').join('');
    const rows = await database.all(
      sql(
        `SELECT uid, CASE WHEN cis_session_id IS NULL${unwatched} THEN 1 ELSE 0 END AS is_unwatched
         FROM cis2_session WHERE ended_at IS NULL AND uid > ? ORDER BY uid LIMIT ${maxRead}`,
        ...unwatchedMethods.map((method) => `%"${method}"%`),
        this.#after,
      ),
      unwatchedRow,
    );
    // The last person may have further sessions, of either kind.
    const last = rows.length === maxRead ? rows.at(-1)?.uid : undefined;
    const found = rows.filter(({ uid, is_unwatched }) => is_unwatched || uid === last);
    const people = [...new Set(found.map(({ uid }) => uid))];
    await this.#lookUp(people.slice(0, maxLookups));
    this.#after = (people.length > maxLookups ? people[maxLookups - 1] : last) ?? '';
  }

  /** Returns those with a live session. */
  async #signedIn(uids: readonly string[]): Promise<string[]> {
    if (uids.length === 0) return [];
    const rows = await this.#parts.database.all(
      sql(
        `SELECT DISTINCT uid FROM cis2_session WHERE ended_at IS NULL AND uid IN (${uids.map(() => '?').join(', ')})`,
        ...uids,
      ),
      uidRow,
    );
    return rows.map(({ uid }) => uid);
  }

  #lookUp(uids: readonly string[]): Promise<void> {
    return this.#inTurn(uids, async (uid) => {
      const person = await this.#parts.cis.person(uid);
      if (!person || person.disabled) await this.#end(uid);
    });
  }

  async #inTurn(uids: readonly string[], act: (uid: string) => Promise<void>): Promise<void> {
    for (let done = 0; done < uids.length; done += concurrency)
      await Promise.all(uids.slice(done, done + concurrency).map(act));
  }

  async #end(uid: string): Promise<void> {
    await this.#parts.ends.endPerson(uid, 'disabled');
  }
}
