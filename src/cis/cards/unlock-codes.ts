import { createHmac, randomInt } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, type Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { integer, row, text } from '../../storage/row.ts';
import type { Mails } from '../mail/mails.ts';
import type { Mail } from '../mail/smtp.ts';

/** Lifetime of a mailed code in seconds, and number of wrong tries. */
export const unlockCodes = { lifetime: 900, attempts: 5 } as const;
/** Milliseconds for which a new request leaves an earlier code valid: its mail may be delayed. */
const overlap = 600_000;
const macKey = 'cis-unlock-code';

export type UnlockOutcome = { result: 'right' | 'expired' } | { result: 'wrong'; attemptsLeft: number };

interface Holder {
  cardSerial: string;
  agentId: string;
}

const codeRow = row('unlock_code', { id: text, mac: text });
const attemptsRow = row('unlock_code', { attempts_left: integer });

/**
 * Codes that unlock a blocked card. A code is valid once, at the agent that requested it, and wrong tries count for this card at
 * this agent alone. It is stored as a keyed hash, so that a stolen database does not reveal it by a search of all codes.
 */
export class UnlockCodes {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #mails: Mails;

  constructor(database: Database, vault: Vault, clock: Clock, mails: Mails) {
    this.#database = database;
    this.#vault = vault;
    this.#clock = clock;
    this.#mails = mails;
  }

  /** Stores a new code, its mail and its audit record in one batch. Returns false if the card is no longer active. */
  async mail(
    { cardSerial, agentId }: Holder,
    write: (code: string) => Mail,
    record: Statement,
  ): Promise<boolean> {
    const id = randomToken(16);
    const code = String(randomInt(0, 100_000_000)).padStart(8, '0');
    const now = this.#clock.now();
    const { done } = await this.#database.batch([
      must(sql("UPDATE card SET state = state WHERE serial = ? AND state = 'active'", cardSerial)),
      sql(
        'DELETE FROM unlock_code WHERE card_serial = ? AND agent_id = ? AND created_at <= ?',
        cardSerial,
        agentId,
        now - overlap,
      ),
      sql(
        `INSERT INTO unlock_code (id, card_serial, agent_id, mac, attempts_left, created_at, ends_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        cardSerial,
        agentId,
        this.#mac(id, code),
        unlockCodes.attempts,
        now,
        this.endsAt,
      ),
      this.#mails.postStatement(write(code)),
      record,
    ]);
    return done;
  }

  /**
   * Tries a code and stores the audit record in the same batch. A wrong code uses up an attempt, the right one deletes every code of
   * the card. Both are conditional on remaining attempts, so that simultaneous tries count one by one.
   */
  async try(
    { cardSerial, agentId }: Holder,
    code: string,
    recordStatement: (result: 'right' | 'wrong') => Statement,
  ): Promise<UnlockOutcome> {
    const isLive = 'card_serial = ? AND agent_id = ? AND attempts_left > 0 AND ends_at > ?';
    const values = [cardSerial, agentId, this.#clock.now()];
    const live = await this.#database.all(
      sql(`SELECT id, mac FROM unlock_code WHERE ${isLive}`, ...values),
      codeRow,
    );
    const right = live.find(({ id, mac }) => equalSecrets(this.#mac(id, code), mac));
    if (right) {
      const { done } = await this.#database.batch([
        must(sql(`DELETE FROM unlock_code WHERE id = ? AND ${isLive}`, right.id, ...values)),
        must(sql("UPDATE card SET state = state WHERE serial = ? AND state = 'active'", cardSerial)),
        sql('DELETE FROM unlock_code WHERE card_serial = ?', cardSerial),
        recordStatement('right'),
      ]);
      return { result: done ? 'right' : 'expired' };
    }
    const { done, results } = await this.#database.batch([
      must(
        sql(
          `UPDATE unlock_code SET attempts_left = attempts_left - 1 WHERE ${isLive} RETURNING attempts_left`,
          ...values,
        ),
        'returns',
      ),
      recordStatement('wrong'),
    ]);
    if (!done) return { result: 'expired' };
    const left = results[0]?.rows.map((stored) => attemptsRow.read(stored).attempts_left) ?? [];
    return { result: 'wrong', attemptsLeft: Math.max(...left) };
  }

  /** The end of a code that is mailed now, in milliseconds. */
  get endsAt(): number {
    return this.#clock.now() + unlockCodes.lifetime * 1_000;
  }

  /** Deletes expired codes. */
  async forget(): Promise<void> {
    await this.#database.run(sql('DELETE FROM unlock_code WHERE ends_at < ?', this.#clock.now()));
  }

  #mac(id: string, code: string): string {
    return createHmac('sha256', this.#vault.derive(macKey)).update(`${id} ${code}`).digest('base64url');
  }
}
