import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import { type Database, type Statement, sql } from '../../storage/database.ts';
import { type RowOf, row, text } from '../../storage/row.ts';
import type { CisClient } from '../model/cis-client.ts';
import { filled } from '../text/filled.ts';
import { words } from '../text/words.ts';

const noticeRow = row('cis2_notice', { id: text, uid: text, subject: text, text });
type Notice = RowOf<typeof noticeRow>;

interface NoticeDependencies {
  database: Database;
  clock: Clock;
  cis: CisClient;
  background: Background;
  log: Log;
}

/** Milliseconds for which one process holds a notice before another may send it. */
const holdTime = 30_000;
/** Age in milliseconds after which a notice is deleted. */
const maxAge = 7 * 86_400_000;
/** Notices that one round sends. */
const mostInRound = 100;

const { notice: says } = words;
const times = new Intl.DateTimeFormat(words.locale, {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/London',
});

/**
 * Mails to users about changes of their authenticators. A notice is written with its change, so no change is without one, and
 * sent to CIS, which knows the address, until CIS accepts it.
 */
export class Notices {
  readonly #parts: NoticeDependencies;

  constructor(parts: NoticeDependencies) {
    this.#parts = parts;
  }

  /** Returns the write that queues the mail, for the batch of the change. */
  postStatement(uid: string, change: 'added' | 'renamed' | 'removed', label: string): Statement {
    const now = this.#parts.clock.now();
    const values = { label, time: times.format(now) };
    const paragraphs = [says.changes[change], says.ifYou, says.ifNot];
    return sql(
      'INSERT INTO cis2_notice (id, uid, subject, text, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)',
      randomToken(16),
      uid,
      says.subjects[change],
      paragraphs.map((paragraph) => `${filled(paragraph, values)}\n`).join('\n'),
      now,
      now,
    );
  }

  /** Starts to send due notices, without waiting. */
  begin(): void {
    const { background, log } = this.#parts;
    background.run(log, 'mails could not be passed on to CIS', () => this.run());
  }

  /** Sends due notices. */
  async run(): Promise<void> {
    for (let n = 0; n < mostInRound; n += 1) {
      const notice = await this.#take();
      if (!notice || !(await this.#send(notice))) return;
    }
  }

  /** Takes the next due notice, and hides it from other processes for a while. */
  async #take(): Promise<Notice | undefined> {
    const { database, clock } = this.#parts;
    const now = clock.now();
    const { rows } = await database.run(
      sql(
        `UPDATE cis2_notice SET due_at = ? WHERE due_at <= ?
         AND id = (SELECT id FROM cis2_notice WHERE due_at <= ? ORDER BY due_at, id LIMIT 1)
         RETURNING id, uid, subject, text`,
        now + holdTime,
        now,
        now,
      ),
    );
    return rows[0] && noticeRow.read(rows[0]);
  }

  /** Returns false if CIS does not answer, so that the round stops. */
  async #send({ id, uid, subject, text }: Notice): Promise<boolean> {
    const { database, clock, cis, log } = this.#parts;
    try {
      await cis.mail(uid, { id, subject, text });
    } catch (error) {
      log.warn({ notice: id, reason: reasonOf(error) }, 'a mail was not passed on to CIS; it is tried again');
      await database.run(sql('DELETE FROM cis2_notice WHERE created_at < ?', clock.now() - maxAge));
      return false;
    }
    await database.run(sql('DELETE FROM cis2_notice WHERE id = ?', id));
    return true;
  }
}
