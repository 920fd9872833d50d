import type { Clock } from '@alongside/kernel/clock';
import { CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { marks, pieces } from '../../../storage/batches.ts';
import { type Database, must, type Statement, sql } from '../../../storage/database.ts';
import { type Administrator, type AdministratorRow, administratorOf } from './administrators.ts';

/** Milliseconds: twelve hours in total, thirty minutes without use. */
const sessionLimits = { whole: 43_200_000, idle: 1_800_000 };
/** Minimum milliseconds between writes of the last use. */
const usePrecision = 30_000;
const purpose = 'session';

/** Returns whether a request is an act of the user; background requests do not prolong a session. */
const isUse = ({ method, headers }: HttpRequest): boolean =>
  method !== 'GET' || headers['sec-fetch-mode'] === 'navigate';

/** Sessions of administrators. The browser stores the token, the database its hash. */
export class AdministratorSessions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #cookies: CookieNames;

  /** @param origin public origin of the console */
  constructor(database: Database, clock: Clock, origin: string) {
    this.#database = database;
    this.#clock = clock;
    this.#cookies = new CookieNames(origin, 'console');
  }

  /** Returns the statements that begin a session and delete expired ones, and its cookie. */
  begin({ id }: Administrator): { statements: Statement[]; cookie: string } {
    const token = randomToken();
    const now = this.#clock.now();
    return {
      statements: [
        sql(
          'DELETE FROM administrator_session WHERE created_at <= ? OR used_at <= ?',
          now - sessionLimits.whole,
          now - sessionLimits.idle,
        ),
        sql(
          'INSERT INTO administrator_session (hash, administrator_id, created_at, used_at, passkey_at) VALUES (?, ?, ?, ?, ?)',
          sha256(token),
          id,
          now,
          now,
          now,
        ),
      ],
      cookie: this.#cookies.set(purpose, token, sessionLimits.whole / 1000),
    };
  }

  /** Returns the administrator of a request with a valid session, and when the passkey was last used in it. */
  async find(request: HttpRequest): Promise<{ administrator: Administrator; passkeyAt: number } | undefined> {
    const hash = this.#hashOf(request);
    if (hash === undefined) return undefined;
    const now = this.#clock.now();
    const row = await this.#database.get<AdministratorRow & { used_at: number; passkey_at: number }>(
      sql(
        `SELECT a.id, a.name, a.role, a.organisations, s.used_at, s.passkey_at FROM administrator_session s JOIN administrator a ON a.id = s.administrator_id
         WHERE s.hash = ? AND s.created_at > ? AND s.used_at > ?`,
        hash,
        now - sessionLimits.whole,
        now - sessionLimits.idle,
      ),
    );
    if (!row) return undefined;
    if (isUse(request) && now - row.used_at >= usePrecision)
      await this.#database.run(
        sql('UPDATE administrator_session SET used_at = ? WHERE hash = ? AND used_at < ?', now, hash, now),
      );
    return { administrator: administratorOf(row), passkeyAt: row.passkey_at };
  }

  /** Returns the administrators of those requests whose sessions are still valid. This is no use of a session. */
  async stillValid(requests: readonly HttpRequest[]): Promise<ReadonlyMap<HttpRequest, Administrator>> {
    const now = this.#clock.now();
    const byHash = new Map<string, Administrator>();
    for (const some of pieces(requests.flatMap((request) => this.#hashOf(request) ?? [])))
      for (const row of await this.#database.all<AdministratorRow & { hash: string }>(
        sql(
          `SELECT s.hash, a.id, a.name, a.role, a.organisations FROM administrator_session s JOIN administrator a ON a.id = s.administrator_id
           WHERE s.hash IN (${marks(some.length)}) AND s.created_at > ? AND s.used_at > ?`,
          ...some,
          now - sessionLimits.whole,
          now - sessionLimits.idle,
        ),
      ))
        byHash.set(row.hash, administratorOf(row));
    const found = new Map<HttpRequest, Administrator>();
    for (const request of requests) {
      const administrator = byHash.get(this.#hashOf(request) ?? '');
      if (administrator) found.set(request, administrator);
    }
    return found;
  }

  /** Returns the statements that record a use of the passkey in the session of a request. */
  passkeyStatements(request: HttpRequest): Statement[] {
    const hash = this.#hashOf(request);
    const now = this.#clock.now();
    if (hash === undefined) return [];
    return [must(sql('UPDATE administrator_session SET passkey_at = ? WHERE hash = ?', now, hash))];
  }

  /**
   * Ends the session of a request. Returns the cookie that deletes the browser's cookie.
   * @param others statements of the same batch, such as the audit record
   */
  async end(request: HttpRequest, ...others: Statement[]): Promise<string> {
    const hash = this.#hashOf(request);
    if (hash !== undefined)
      await this.#database.batch([
        must(sql('DELETE FROM administrator_session WHERE hash = ?', hash)),
        ...others,
      ]);
    return this.#cookies.clear(purpose);
  }

  #hashOf({ headers }: HttpRequest): string | undefined {
    const token = readCookies(headers.cookie).get(this.#cookies.name(purpose));
    return token === undefined || token.length > 100 ? undefined : sha256(token);
  }
}
