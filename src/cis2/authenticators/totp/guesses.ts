import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../../storage/database.ts';
import { guesses, type Tries } from '../shared/tries.ts';
import type { KnownBrowsers } from './known-browsers.ts';

/**
 * Limits the tries of a period that begins with the first. Each is counted before it is checked, also those beyond the limit,
 * so the response time does not show whether any are left.
 */
export class Allowance {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #kind: string;
  readonly #most: number;
  readonly #period: number;

  /** @param period in milliseconds. */
  constructor(database: Database, clock: Clock, kind: string, most: number, period: number) {
    this.#database = database;
    this.#clock = clock;
    this.#kind = kind;
    this.#most = most;
    this.#period = period;
  }

  /**
   * Counts one more. Returns whether it is within the limit.
   * @param beyond writes for the batch that counts the first one beyond the limit.
   */
  async take(what: string, beyond: () => Promise<readonly Statement[]>): Promise<boolean> {
    for (;;) {
      const { rows } = await this.#database.run(this.#countStatement(what));
      if (rows[0]) return Number(rows[0].payload) <= this.#most;
      const { done } = await this.#database.batch([this.#exceedStatement(what), ...(await beyond())]);
      if (done) return false;
    }
  }

  /** Returns the write that uncounts a right try. */
  giveBackStatement(what: string): Statement {
    return sql(
      `UPDATE single_use SET payload = CAST(CAST(payload AS INTEGER) - 1 AS TEXT)
       WHERE kind = ? AND hash = ? AND CAST(payload AS INTEGER) > 0`,
      this.#kind,
      sha256(what),
    );
  }

  /** Counts one more, unless it is the first beyond the limit. */
  #countStatement(what: string): Statement {
    const now = this.#clock.now();
    return sql(
      `INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, '1', ?, ?)
       ON CONFLICT (kind, hash) DO UPDATE SET
         payload = CASE WHEN single_use.expires_at <= excluded.created_at THEN '1'
           ELSE CAST(CAST(single_use.payload AS INTEGER) + 1 AS TEXT) END,
         created_at = excluded.created_at,
         expires_at = CASE WHEN single_use.expires_at <= excluded.created_at THEN excluded.expires_at
           ELSE single_use.expires_at END
       WHERE single_use.payload <> ? OR single_use.expires_at <= excluded.created_at
       RETURNING payload`,
      this.#kind,
      sha256(what),
      now,
      now + this.#period,
      String(this.#most),
    );
  }

  #exceedStatement(what: string): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        `UPDATE single_use SET payload = ?, created_at = ?
         WHERE kind = ? AND hash = ? AND payload = ? AND expires_at > ?`,
        String(this.#most + 1),
        now,
        this.#kind,
        sha256(what),
        String(this.#most),
        now,
      ),
    );
  }
}

/** Guesses in a day at the codes of one app: as many in known browsers, and as many in all others. */
export const guessesInDay = 100;
const day = 86_400_000;

/** The account and credential of one guess. */
export interface GuessTarget {
  /** Account name under which guesses are counted. */
  name: string;
  /** A credential, or a random id if the address or the password was wrong. */
  credentialId: string;
}

/** Whether a guess is checked. An `exhausted` one is counted, and wrong in any case. */
type GuessOutcome = 'locked' | 'exhausted' | 'allowed';

/**
 * Limits the guesses of codes (NIST SP 800-63B-4 section 3.2.2 allows 100 in a row; docs/adr/0020).
 *
 * Five consecutive wrong guesses lock for 15 minutes: the account in one known browser of the user, or in all unknown
 * browsers of one network. So attackers elsewhere cannot lock the user out.
 *
 * An attacker with many networks escapes that lock, so each app has 100 guesses in 24 hours from unknown browsers, and
 * another 100 from known ones, which strangers cannot use up. Guesses count for the app, and only the right password leads
 * to one, so without it they cannot be used up at all. A guess is right with probability 3 in 1,000,000 (three steps count).
 * An attacker who has the password finds a code with probability below 0.0003 in a period (1 in 3,333), or 1 in 1,667 with
 * a known browser as well.
 */
export class TotpGuesses {
  readonly #inRow: Tries;
  readonly #inDay: Allowance;
  readonly #known: KnownBrowsers;

  constructor(database: Database, clock: Clock, kind: string, known: KnownBrowsers) {
    this.#inRow = guesses(database, clock, kind);
    this.#inDay = new Allowance(database, clock, `cis2-day-${kind}`, guessesInDay, day);
    this.#known = known;
  }

  /**
   * Counts a guess before the code is checked, so that the limit also holds for concurrent guesses.
   * @param alarm writes for the batch of the first exhausted guess.
   */
  async take(
    request: HttpRequest,
    target: GuessTarget,
    alarm: () => Promise<Statement[]>,
  ): Promise<GuessOutcome> {
    if ((await this.#inRow.take(this.#place(request, target))) === undefined) return 'locked';
    return (await this.#inDay.take(this.#pool(request, target), alarm)) ? 'allowed' : 'exhausted';
  }

  /** Returns the writes after a right guess: they reset the wrong guesses of this place, and uncount the right one. */
  forgetStatements(request: HttpRequest, target: GuessTarget): Statement[] {
    return [
      this.#inRow.forgetStatement(this.#place(request, target)),
      this.#inDay.giveBackStatement(this.#pool(request, target)),
    ];
  }

  #place(request: HttpRequest, { name }: GuessTarget): string {
    return `${this.#known.placeOf(request, name)} ${name}`;
  }

  #pool(request: HttpRequest, { name, credentialId }: GuessTarget): string {
    return `${this.#known.browserOf(request, name) === undefined ? 'unknown' : 'known'} ${credentialId}`;
  }
}
