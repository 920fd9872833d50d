import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { doublingWaits } from '@alongside/kernel/retry';
import { z } from 'zod';
import type { Statement } from '../../storage/database.ts';
import { type Attempt, Outbox, type OutboxDependencies, type Outcome } from '../../storage/outbox.ts';
import type { CisClient } from '../model/cis-client.ts';
import { filled, words } from '../text/words.ts';

const noticeShape = z.object({ uid: z.string(), subject: z.string(), text: z.string() });
type Notice = z.infer<typeof noticeShape>;

interface NoticeDependencies extends OutboxDependencies {
  cis: CisClient;
}

const week = 7 * 86_400_000;

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
  readonly #dependencies: NoticeDependencies;
  readonly #outbox: Outbox<Notice>;

  constructor(dependencies: NoticeDependencies) {
    this.#dependencies = dependencies;
    this.#outbox = new Outbox(
      dependencies,
      {
        name: 'cis2.notice',
        shape: noticeShape,
        // For a week.
        waits: doublingWaits(30_000, 3_600_000, 175),
        hold: 30_000,
        keptFor: week,
        forgetsDelivered: true,
        isSequential: true,
      },
      (attempt) => this.#send(attempt),
    );
  }

  /** Returns the write that queues the mail, for the batch of the change. */
  postStatement(uid: string, change: 'added' | 'renamed' | 'removed', label: string): Statement {
    const values = { label, time: times.format(this.#dependencies.clock.now()) };
    const paragraphs = [says.changes[change], says.ifYou, says.ifNot];
    const text = paragraphs.map((paragraph) => `${filled(paragraph, values)}\n`).join('\n');
    const id = randomToken(16);
    return this.#outbox.enqueueStatement(uid, { uid, subject: says.subjects[change], text }, id);
  }

  /** Starts to send due notices, without waiting. */
  begin(): void {
    const { background, log } = this.#dependencies;
    background.run(log, 'mails could not be passed on to CIS', () => this.run());
  }

  /** Sends due notices. Resolves when each was tried. Returns whether more are due. */
  run(): Promise<boolean> {
    return this.#outbox.run();
  }

  /** Removes old notices. Returns whether more remain. */
  sweep(): Promise<boolean> {
    return this.#outbox.sweep();
  }

  async #send({ id, body, nextWait, ending }: Attempt<Notice>): Promise<Outcome> {
    const { cis, log } = this.#dependencies;
    const { uid, subject, text } = body;
    try {
      await cis.mail(uid, { id, subject, text });
    } catch (error) {
      ending.throwIfAborted();
      const reason = reasonOf(error);
      if (nextWait === undefined) log.error({ notice: id, reason }, 'a mail to CIS is given up');
      else log.warn({ notice: id, reason }, 'a mail was not passed on to CIS; it is tried again');
      return { delivered: false, result: reason };
    }
    return { delivered: true, result: '' };
  }
}
