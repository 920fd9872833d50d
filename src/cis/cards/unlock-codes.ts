import { createHmac, randomInt } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Vault } from '@alongside/kernel/secrets';
import { type Database, must, sql } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Mail, Outbox } from '../mail/outbox.ts';
import type { CardRow } from './card-row.ts';

/** Seconds that a mailed code is good for, and how many wrong ones may be tried. */
export const unlockCodes = { lifetime: 900, attempts: 5 } as const;

const codeKind = 'cis-unlock-code';
const roundKind = 'cis-unlock-round';

export type UnlockOutcome = { right: true } | { right: false; attemptsLeft: number } | 'expired';

/**
 * Codes by which a blocked card is opened. Each request begins a round: its code alone is good, once, with a few attempts. A
 * code is kept as a keyed hash, so that its hundred million spellings cannot be gone through in a stolen database.
 */
export class UnlockCodes {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #outbox: Outbox;

  constructor(parts: {
    database: Database;
    singleUse: SingleUse;
    vault: Vault;
    clock: Clock;
    outbox: Outbox;
  }) {
    this.#database = parts.database;
    this.#singleUse = parts.singleUse;
    this.#vault = parts.vault;
    this.#clock = parts.clock;
    this.#outbox = parts.outbox;
  }

  /** Begins a round and posts its code, in one write. False when the card is not active any more. */
  async mail(serial: string, write: (code: string) => Mail): Promise<boolean> {
    const round = randomToken(16);
    const code = String(randomInt(0, 100_000_000)).padStart(8, '0');
    const lifetime = unlockCodes.lifetime * 1_000;
    const { done } = await this.#database.batch([
      must(
        sql(
          "UPDATE card SET unlock_round = ?, unlock_attempts = ? WHERE serial = ? AND state = 'active'",
          round,
          unlockCodes.attempts,
          serial,
        ),
      ),
      this.#singleUse.keeping(roundKind, round, null, lifetime),
      this.#singleUse.keeping(codeKind, this.#kept(round, code), null, lifetime),
      this.#outbox.postStatement(write(code)),
    ]);
    return done;
  }

  /** Tries a code: an attempt is used up before the code is looked at. */
  async try(card: CardRow, code: string): Promise<UnlockOutcome> {
    const round = card.unlock_round;
    if (round === null || (await this.#singleUse.peek(roundKind, round)) === undefined) return 'expired';
    const { rows } = await this.#database.run(
      sql(
        `UPDATE card SET unlock_attempts = unlock_attempts - 1
         WHERE serial = ? AND unlock_round = ? AND unlock_attempts > 0 AND state = 'active' RETURNING unlock_attempts`,
        card.serial,
        round,
      ),
    );
    if (!rows[0]) return 'expired';
    const { done } = await this.#database.batch([
      this.#singleUse.spending(codeKind, this.#kept(round, code)),
      this.#singleUse.spending(roundKind, round),
    ]);
    return done ? { right: true } : { right: false, attemptsLeft: Number(rows[0].unlock_attempts) };
  }

  /** When a code that is mailed now ends, in milliseconds. */
  get endsAt(): number {
    return this.#clock.now() + unlockCodes.lifetime * 1_000;
  }

  #kept(round: string, code: string): string {
    return createHmac('sha256', this.#vault.derive(codeKind)).update(`${round} ${code}`).digest('base64url');
  }
}
