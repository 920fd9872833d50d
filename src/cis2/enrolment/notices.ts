import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import type { PersonMail } from '../../cis/protocol.ts';
import { type Database, type Statement, sql } from '../../storage/database.ts';
import type { CisClient } from '../model/cis-client.ts';

interface NoticeRow {
  id: string;
  uid: string;
  subject: string;
  text: string;
}

interface Parts {
  database: Database;
  clock: Clock;
  cis: CisClient;
  background: Background;
  log: Log;
}

/** Milliseconds: how long one process holds a notice before another may try it, and the age at which it is dropped. */
const times = { retry: 30_000, giveUp: 7 * 86_400_000 };
/** Notices that one round passes on. */
const mostInRound = 100;

/**
 * Mails to users about their own account. Each is written with the change that it reports and passed on to CIS, which knows
 * the address, until CIS has taken it: a change is never made without its mail.
 */
export class Notices {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The write that queues a mail, for the batch of the change. */
  postStatement(uid: string, { subject, text }: Omit<PersonMail, 'id'>): Statement {
    const now = this.#parts.clock.now();
    return sql(
      'INSERT INTO cis2_notice (id, uid, subject, text, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)',
      randomToken(16),
      uid,
      subject,
      text,
      now,
      now,
    );
  }

  /** Starts to pass on due notices, without waiting. */
  begin(): void {
    const { background, log } = this.#parts;
    background.run(log, 'mails could not be passed on to CIS', () => this.run());
  }

  /** Passes on due notices. */
  async run(): Promise<void> {
    for (let n = 0; n < mostInRound; n += 1) {
      const notice = await this.#take();
      if (!notice || !(await this.#pass(notice))) return;
    }
  }

  /** Takes the next due notice: no other process gets it meanwhile. */
  async #take(): Promise<NoticeRow | undefined> {
    const { database, clock } = this.#parts;
    const now = clock.now();
    const { rows } = await database.run(
      sql(
        `UPDATE cis2_notice SET due_at = ? WHERE due_at <= ?
         AND id = (SELECT id FROM cis2_notice WHERE due_at <= ? ORDER BY due_at, id LIMIT 1)
         RETURNING id, uid, subject, text`,
        now + times.retry,
        now,
        now,
      ),
    );
    return rows[0] as NoticeRow | undefined;
  }

  /** Returns false when CIS does not answer: the others wait as well. */
  async #pass({ id, uid, subject, text }: NoticeRow): Promise<boolean> {
    const { database, clock, cis, log } = this.#parts;
    try {
      await cis.mail(uid, { id, subject, text });
    } catch (error) {
      log.warn({ notice: id, reason: reasonOf(error) }, 'a mail was not passed on to CIS; it is tried again');
      await database.run(sql('DELETE FROM cis2_notice WHERE created_at < ?', clock.now() - times.giveUp));
      return false;
    }
    await database.run(sql('DELETE FROM cis2_notice WHERE id = ?', id));
    return true;
  }
}
