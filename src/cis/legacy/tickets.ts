import { randomBytes } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from '../../storage/database.ts';
import { flag, type RowOf, row, text } from '../../storage/row.ts';

/** Start and end of published tickets, which are tokens of an old single sign-on product. */
const form = { head: 'AQIC5wM2LY4Sfc', tail: '@AAJTSQACMDE=#' };
const shape = /^AQIC5wM2LY4Sfc[A-Za-z0-9+/]{33}=@AAJTSQACMDE=#$/;

/** Returns a new ticket with 198 random bits. In a URL it needs percent-encoding. */
export const newTicket = (): string =>
  `${form.head}${randomBytes(35).toString('base64').slice(form.head.length)}${form.tail}`;

/** Returns whether a text has the form of a ticket. */
export const isTicket = (value: string): boolean => shape.test(value);

/** A ticket of one session: it reads the role assertion, chooses the role and ends the session. */
const ticketRow = row('legacy_ticket', {
  sessionId: text,
  /** Whether the user chose the training mode. */
  training: flag,
});
export type Ticket = RowOf<typeof ticketRow>;

/** The tickets in storage, by hash. */
export class Tickets {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Creates a ticket of a session, which replaces earlier ones. */
  async make(sessionId: string): Promise<string> {
    const ticket = newTicket();
    await this.#database.batch([
      sql('DELETE FROM legacy_ticket WHERE session_id = ?', sessionId),
      sql(
        'INSERT INTO legacy_ticket (hash, session_id, training, created_at) VALUES (?, ?, 0, ?)',
        sha256(ticket),
        sessionId,
        this.#clock.now(),
      ),
    ]);
    return ticket;
  }

  async find(ticket: string): Promise<Ticket | undefined> {
    if (!isTicket(ticket)) return undefined;
    return this.#database.get(
      sql('SELECT session_id, training FROM legacy_ticket WHERE hash = ?', sha256(ticket)),
      ticketRow,
    );
  }

  async setTraining(ticket: string, training: boolean): Promise<void> {
    await this.#database.run(
      sql('UPDATE legacy_ticket SET training = ? WHERE hash = ?', training ? 1 : 0, sha256(ticket)),
    );
  }
}
