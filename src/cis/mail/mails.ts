import { activity } from '@alongside/kernel/activity';
import { randomToken } from '@alongside/kernel/ids';
import { doublingWaits } from '@alongside/kernel/retry';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Statement } from '../../storage/database.ts';
import {
  type Attempt,
  type Message,
  Outbox,
  type OutboxDependencies,
  type Outcome,
} from '../../storage/outbox.ts';
import { storedJson } from '../../storage/row.ts';
import type { OutboxMail } from '../protocol.ts';
import { type Mail, SmtpConnection, type SmtpSettings } from './smtp.ts';

/** A mail, and the id of the request that caused it. */
type StoredMail = Mail & { messageId?: string | undefined };

const mailShape: z.ZodType<StoredMail> = z.object({
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  messageId: z.string().optional(),
});

const sealName = 'mail';

const states = { pending: 'waiting', delivered: 'sent', givenUp: 'failed' } as const;

/** Without a mail server, every mail fails before its first attempt. */
const stateOf = ({ state, attempts }: Pick<Message<string>, 'state' | 'attempts'>): OutboxMail['state'] =>
  state === 'givenUp' && attempts === 0 ? 'kept' : states[state];

export interface MailDependencies extends OutboxDependencies {
  vault: Vault;
  /** Without it, mails are stored and not sent. */
  smtp?: SmtpSettings | undefined;
}

/** The mails of CIS, sealed in storage, sent one after the other. */
export class Mails {
  readonly #dependencies: MailDependencies;
  readonly #outbox: Outbox<string>;
  readonly #smtp: SmtpConnection | undefined;

  constructor(dependencies: MailDependencies) {
    this.#dependencies = dependencies;
    const { background, log } = dependencies;
    this.#smtp = dependencies.smtp && new SmtpConnection(dependencies.smtp);
    background.ending.addEventListener('abort', () =>
      background.run(log, 'the connection to the mail server could not be closed', async () =>
        this.#smtp?.close(),
      ),
    );
    this.#outbox = new Outbox(
      dependencies,
      {
        name: 'cis.mail',
        shape: z.string(),
        waits: doublingWaits(5_000, 300_000, 10),
        hold: 120_000,
        keptFor: 7 * 86_400_000,
        isSequential: true,
      },
      (attempt) => this.#send(attempt),
    );
  }

  /** Returns the statement that stores a mail; it stores nothing if there is one with this id. */
  postStatement(mail: Mail, id = randomToken(16)): Statement {
    const { to, subject, text } = mail;
    const stored: StoredMail = { to, subject, text, messageId: activity()?.id };
    const sealed = this.#dependencies.vault.seal(sealName, JSON.stringify(stored));
    return this.#outbox.enqueueStatement(id, sealed, id, this.#smtp ? 'pending' : 'givenUp');
  }

  async post(mail: Mail, id: string): Promise<void> {
    await this.#dependencies.database.run(this.postStatement(mail, id));
  }

  /** Returns the newest mails. */
  async list(limit: number): Promise<OutboxMail[]> {
    return (await this.#outbox.list(0, limit)).map((message) => this.#shown(message));
  }

  async find(id: string): Promise<OutboxMail | undefined> {
    const message = await this.#outbox.find(id);
    return message && this.#shown(message);
  }

  /** Sends due mails. Resolves when each was tried. Returns whether more are due. */
  async run(): Promise<boolean> {
    return this.#smtp !== undefined && (await this.#outbox.run());
  }

  /** Starts to send, without waiting. */
  begin(): void {
    const { background, log } = this.#dependencies;
    background.run(log, 'mails could not be sent', () => this.run());
  }

  /** Removes old mails. Returns whether more remain. */
  sweep(): Promise<boolean> {
    return this.#outbox.sweep();
  }

  async #send({ id, body, attempt, nextWait }: Attempt<string>): Promise<Outcome> {
    const failure = await this.#smtp?.send(this.#open(body));
    if (failure === undefined) return { delivered: true, result: '' };
    const { log } = this.#dependencies;
    // Without the address and the text, because many people read a log.
    const fields = { mail: id, attempts: attempt, failure };
    if (nextWait === undefined) log.error(fields, 'a mail could not be sent and is given up');
    else log.warn(fields, 'a mail could not be sent');
    return { delivered: false, result: failure };
  }

  #shown({ id, body, createdAt, state, attempts, triedAt, result }: Message<string>): OutboxMail {
    const { messageId = null, ...mail } = this.#open(body);
    return {
      id,
      ...mail,
      messageId,
      createdAt: new Date(createdAt).toISOString(),
      state: stateOf({ state, attempts }),
      attempts,
      problem: state === 'delivered' || result === '' ? null : result,
      sentAt: state === 'delivered' && triedAt !== null ? new Date(triedAt).toISOString() : null,
    };
  }

  #open(sealed: string): StoredMail {
    return storedJson(mailShape, this.#dependencies.vault.open(sealName, sealed), 'outbox.body');
  }
}
