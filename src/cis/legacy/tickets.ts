import { randomBytes } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../../storage/database.ts';

/** Published tickets begin and end so: the token of an old single sign-on product, with its site. */
const form = { head: 'AQIC5wM2LY4Sfc', tail: '@AAJTSQACMDE=#' };
const shape = /^AQIC5wM2LY4Sfc[A-Za-z0-9+/]{33}=@AAJTSQACMDE=#$/;

/** A new ticket, in the published alphabet: it has to be percent-encoded in an address. 198 random bits. */
export const newTicket = (): string =>
  `${form.head}${randomBytes(35).toString('base64').slice(form.head.length)}${form.tail}`;

/** Whether a text has the form of a ticket. */
export const isTicket = (text: string): boolean => shape.test(text);

/** What a ticket is good for: reading the role assertion of one session, choosing its role, and ending it. */
export interface Ticket {
  sessionId: string;
  /** The person chose the training mode. */
  training: boolean;
}

/** Tickets in storage, by hash. */
export class Tickets {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A new ticket of a session, in the place of the ones before. */
  async make(sessionId: string): Promise<string> {
    const ticket = newTicket();
    await this.#database.batch([this.#forgetStatement(sessionId), this.#addStatement(ticket, sessionId)]);
    return ticket;
  }

  async find(ticket: string): Promise<Ticket | undefined> {
    if (!isTicket(ticket)) return undefined;
    const row = await this.#database.get<{ session_id: string; training: number }>(
      sql('SELECT session_id, training FROM legacy_ticket WHERE hash = ?', sha256(ticket)),
    );
    return row && { sessionId: row.session_id, training: row.training !== 0 };
  }

  async setTraining(ticket: string, training: boolean): Promise<void> {
    await this.#database.run(
      sql('UPDATE legacy_ticket SET training = ? WHERE hash = ?', training ? 1 : 0, sha256(ticket)),
    );
  }

  #forgetStatement(sessionId: string): Statement {
    return sql('DELETE FROM legacy_ticket WHERE session_id = ?', sessionId);
  }

  #addStatement(ticket: string, sessionId: string): Statement {
    return sql(
      'INSERT INTO legacy_ticket (hash, session_id, training, created_at) VALUES (?, ?, 0, ?)',
      sha256(ticket),
      sessionId,
      this.#clock.now(),
    );
  }
}
