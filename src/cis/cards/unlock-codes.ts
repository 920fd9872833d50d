import { createHmac, randomInt } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, type Vault } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import type { Mail, Outbox } from '../mail/outbox.ts';

/** Seconds for which a mailed code is valid, and how many wrong ones may be tried. */
export const unlockCodes = { lifetime: 900, attempts: 5 } as const;
/** Milliseconds in which a new request does not void a code: its mail may still be on the way. */
const keptBeside = 600_000;
const macKey = 'cis-unlock-code';

export type UnlockOutcome = { right: true } | { right: false; attemptsLeft: number } | 'expired';

interface Holder {
  cardSerial: string;
  agentId: string;
}

interface CodeRow {
  id: string;
  mac: string;
  attempts_left: number;
}

/**
 * Codes that unlock a blocked card. A code is valid at the agent that asked for it, once, and wrong ones count for this card
 * at this agent: guesses at another agent leave it alone. A code is stored as a keyed hash, so that its hundred million
 * spellings cannot be gone through in a stolen database.
 */
export class UnlockCodes {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #outbox: Outbox;

  constructor(parts: { database: Database; vault: Vault; clock: Clock; outbox: Outbox }) {
    this.#database = parts.database;
    this.#vault = parts.vault;
    this.#clock = parts.clock;
    this.#outbox = parts.outbox;
  }

  /** Makes a code, its mail and its audit record in one batch. False when the card is not active any more. */
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
        now - keptBeside,
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
      this.#outbox.postStatement(write(code)),
      record,
    ]);
    return done;
  }

  /**
   * Tries a code, with its audit record in the same batch. A wrong one uses up an attempt, a right one voids every code of the
   * card. Both happen only while attempts are left, so that guesses at the same time count one after the other.
   */
  async try(
    { cardSerial, agentId }: Holder,
    code: string,
    recordStatement: (result: 'right' | 'wrong') => Statement,
  ): Promise<UnlockOutcome> {
    const isLive = 'card_serial = ? AND agent_id = ? AND attempts_left > 0 AND ends_at > ?';
    const values = [cardSerial, agentId, this.#clock.now()];
    const live = await this.#database.all<CodeRow>(
      sql(`SELECT id, mac, attempts_left FROM unlock_code WHERE ${isLive}`, ...values),
    );
    const right = live.find(({ id, mac }) => equalSecrets(this.#mac(id, code), mac));
    if (right) {
      const { done } = await this.#database.batch([
        must(sql(`DELETE FROM unlock_code WHERE id = ? AND ${isLive}`, right.id, ...values)),
        must(sql("UPDATE card SET state = state WHERE serial = ? AND state = 'active'", cardSerial)),
        sql('DELETE FROM unlock_code WHERE card_serial = ?', cardSerial),
        recordStatement('right'),
      ]);
      return done ? { right: true } : 'expired';
    }
    const { done, results } = await this.#database.batch([
      must(
        sql(
          `UPDATE unlock_code SET attempts_left = attempts_left - 1 WHERE ${isLive} RETURNING attempts_left`,
          ...values,
        ),
      ),
      recordStatement('wrong'),
    ]);
    if (!done) return 'expired';
    const left = results[0]?.rows.map((row) => Number(row.attempts_left)) ?? [];
    return { right: false, attemptsLeft: Math.max(...left) };
  }

  /** When a code that is mailed now ends, in milliseconds. */
  get endsAt(): number {
    return this.#clock.now() + unlockCodes.lifetime * 1_000;
  }

  /** Removes codes that have ended. */
  async forget(): Promise<void> {
    await this.#database.run(sql('DELETE FROM unlock_code WHERE ends_at < ?', this.#clock.now()));
  }

  #mac(id: string, code: string): string {
    return createHmac('sha256', this.#vault.derive(macKey)).update(`${id} ${code}`).digest('base64url');
  }
}
