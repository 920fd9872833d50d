import type { Background } from '@alongside/kernel/background';
import type { Log } from '@alongside/kernel/log';
import type { Transporter } from 'nodemailer';
import type { Outbox } from './outbox.ts';

/** Where mail goes to. */
export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user and password where the server asks for them. */
  url: string;
  /** Address that mails come from. */
  from: string;
}

/** Milliseconds: the wait after a failed attempt, twice as long each time up to a most, and how long the server may take. */
const times = { first: 5_000, most: 300_000, answer: 10_000 };
/** After so many attempts a mail has failed. */
const mostAttempts = 10;

/** Sends what waits in the outbox, one mail after the other. */
export class MailSender {
  readonly #outbox: Outbox;
  readonly #smtp: SmtpSettings | undefined;
  readonly #background: Background;
  readonly #log: Log;
  #transport: Promise<Transporter> | undefined;
  /** Address that the transport connects to: the settings may be replaced. */
  #connectedTo = '';
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(outbox: Outbox, smtp: SmtpSettings | undefined, background: Background, log: Log) {
    this.#outbox = outbox;
    this.#smtp = smtp;
    this.#background = background;
    this.#log = log;
  }

  /** Sends all that is due; resolves when it was tried. Never rejects. */
  async run(): Promise<void> {
    const smtp = this.#smtp;
    if (!smtp || this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#background.run(this.#log, 'the outbox of mails cannot be read', () =>
      this.#drain(smtp),
    );
    await this.#running;
  }

  /** Begins to send, without waiting for it. */
  begin(): void {
    this.#background.run(this.#log, 'mails could not be sent', () => this.run());
  }

  /** Takes up no mail any more; the one that is on its way ends in the background. */
  stop(): void {
    this.#stopped = true;
    this.#background.run(this.#log, 'the mail server could not be left', async () => {
      await this.#running;
      (await this.#transport)?.close();
    });
  }

  async #drain(smtp: SmtpSettings): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        for (let mail = await this.#outbox.take(); mail; mail = await this.#outbox.take()) {
          if (this.#stopped) return await this.#outbox.later(mail.id, 0);
          const failure = await this.#send(smtp, mail);
          if (failure === undefined) await this.#outbox.sent(mail.id);
          else await this.#giveBack(mail.id, mail.attempts, failure);
        }
      }
    } finally {
      // Here and not a moment later: whoever comes now begins anew.
      this.#running = undefined;
    }
  }

  async #giveBack(id: string, attempts: number, failure: string): Promise<void> {
    // Neither the address nor the text: a log is read by many.
    const fields = { mail: id, attempts, failure };
    if (attempts >= mostAttempts) {
      this.#log.error(fields, 'a mail could not be sent and is given up');
      return await this.#outbox.failed(id);
    }
    this.#log.warn(fields, 'a mail could not be sent');
    await this.#outbox.later(id, Math.min(times.first * 2 ** (attempts - 1), times.most));
  }

  /** Why it was not taken; undefined when it was. */
  async #send(smtp: SmtpSettings, mail: { to: string; subject: string; text: string }) {
    try {
      const transport = await this.#transportTo(smtp);
      await transport.sendMail({
        from: smtp.from,
        // As an address and not as a list of them, whatever characters it has.
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
      });
      return undefined;
    } catch (error) {
      const { code, responseCode } = error as { code?: string; responseCode?: number };
      // The server's own words may repeat the address.
      return [code, responseCode].filter((part) => part !== undefined).join(' ') || 'it failed';
    }
  }

  #transportTo(smtp: SmtpSettings): Promise<Transporter> {
    if (this.#transport && this.#connectedTo === smtp.url) return this.#transport;
    const before = this.#transport;
    if (before)
      this.#background.run(this.#log, 'the mail server could not be left', async () =>
        (await before).close(),
      );
    this.#connectedTo = smtp.url;
    this.#transport = this.#connect(smtp);
    return this.#transport;
  }

  async #connect({ url }: SmtpSettings): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url,
      connectionTimeout: times.answer,
      greetingTimeout: times.answer,
      socketTimeout: times.answer,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}
