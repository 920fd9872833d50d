import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Vault } from '@alongside/kernel/secrets';
import { inBatches, removeSomeStatement } from '../../storage/batches.ts';
import { type Database, type Statement, sql } from '../../storage/database.ts';
import type { OutboxMail } from '../protocol.ts';

/** One mail to one person, in plain text. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** A mail that this process may send now. */
export interface DueMail extends Mail {
  id: string;
  /** How often it was tried, this time included. */
  attempts: number;
}

type MailState = OutboxMail['state'];

interface MailRow {
  id: string;
  sealed: string;
  state: MailState;
  attempts: number;
  created_at: number;
  sent_at: number | null;
}

const sealName = 'mail';
/** Milliseconds: how long one process has a mail to itself while it sends it, and how long mails stay on record. */
const hold = 120_000;
const kept = 7 * 86_400_000;

/** The mails of CIS in storage, sealed. */
export class Outbox {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #newState: MailState;
  readonly #holder = randomToken(12);

  /** @param newState `waiting` where mails are sent, `kept` where they are only shown. */
  constructor(database: Database, vault: Vault, clock: Clock, newState: 'kept' | 'waiting') {
    this.#database = database;
    this.#vault = vault;
    this.#clock = clock;
    this.#newState = newState;
  }

  /** The write that puts a mail into the outbox; nothing where one with this id is there already. */
  postStatement({ to, subject, text }: Mail, id = randomToken(16)): Statement {
    const now = this.#clock.now();
    return sql(
      `INSERT INTO mail (id, sealed, state, attempts, holder, held_until, created_at, next_at)
       VALUES (?, ?, ?, 0, '', 0, ?, ?) ON CONFLICT (id) DO NOTHING`,
      id,
      this.#vault.seal(sealName, JSON.stringify({ to, subject, text })),
      this.#newState,
      now,
      now,
    );
  }

  async post(mail: Mail, id: string): Promise<void> {
    await this.#database.run(this.postStatement(mail, id));
  }

  /** The latest mails, at most so many. */
  async list(limit: number): Promise<OutboxMail[]> {
    const rows = await this.#database.all<MailRow>(
      sql('SELECT * FROM mail ORDER BY created_at DESC, id LIMIT ?', limit),
    );
    return rows.map((row) => ({
      id: row.id,
      ...this.#open(row.sealed),
      createdAt: new Date(row.created_at).toISOString(),
      state: row.state,
      attempts: row.attempts,
      sentAt: row.sent_at === null ? null : new Date(row.sent_at).toISOString(),
    }));
  }

  /** Takes the next mail that is due: no other process gets it meanwhile. */
  async take(): Promise<DueMail | undefined> {
    const now = this.#clock.now();
    const due = await this.#database.get<{ id: string }>(
      sql(
        `SELECT id FROM mail WHERE state = 'waiting' AND next_at <= ? AND (held_until <= ? OR held_until > ?)
         ORDER BY next_at, id LIMIT 1`,
        now,
        now,
        now + hold,
      ),
    );
    if (!due) return undefined;
    const { rows } = await this.#database.run(
      sql(
        `UPDATE mail SET holder = ?, held_until = ?, attempts = attempts + 1
         WHERE id = ? AND state = 'waiting' AND (held_until <= ? OR held_until > ?) RETURNING sealed, attempts`,
        this.#holder,
        now + hold,
        due.id,
        now,
        now + hold,
      ),
    );
    const row = rows[0];
    // Another process was quicker: the next look finds the next one.
    if (!row) return this.take();
    await this.#database.durable();
    return { id: due.id, ...this.#open(String(row.sealed)), attempts: Number(row.attempts) };
  }

  async sent(id: string): Promise<void> {
    await this.#settle(id, 'sent', this.#clock.now(), this.#clock.now());
  }

  async failed(id: string): Promise<void> {
    await this.#settle(id, 'failed', this.#clock.now(), null);
  }

  /** It is tried again in so many milliseconds. */
  async later(id: string, wait: number): Promise<void> {
    await this.#settle(id, 'waiting', this.#clock.now() + wait, null);
  }

  /** Forgets old mails. Returns whether more are left. */
  forget(): Promise<boolean> {
    const before = this.#clock.now() - kept;
    const old = { table: 'mail', key: 'id', column: 'created_at', before };
    return inBatches(async () => (await this.#database.run(removeSomeStatement(old))).changes);
  }

  async #settle(id: string, state: MailState, nextAt: number, sentAt: number | null): Promise<void> {
    await this.#database.run(
      sql(
        'UPDATE mail SET state = ?, next_at = ?, sent_at = ?, held_until = 0 WHERE id = ? AND holder = ?',
        state,
        nextAt,
        sentAt,
        id,
        this.#holder,
      ),
    );
  }

  #open(sealed: string): Mail {
    return JSON.parse(this.#vault.open(sealName, sealed)) as Mail;
  }
}
