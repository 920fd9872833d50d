import type { Transporter } from 'nodemailer';

/** One mail to one person, in plain text. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user and password if the server requires them. */
  url: string;
  /** Sender address. */
  from: string;
}

/** Milliseconds in which the server must respond. */
const timeout = 10_000;

/** Sends mails through one server. The settings may change between two mails. */
export class SmtpConnection {
  readonly #settings: SmtpSettings;
  #transport: Promise<Transporter> | undefined;
  #connectedTo = '';

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
  }

  /** Returns the reason of a failure; undefined if the server accepted the mail. */
  async send({ to, subject, text }: Mail): Promise<string | undefined> {
    try {
      const transport = await this.#connect();
      await transport.sendMail({
        from: this.#settings.from,
        // As an object, it is one address whatever characters it contains.
        to: { name: '', address: to },
        subject,
        text,
      });
      return undefined;
    } catch (error) {
      const { code, responseCode } = error as { code?: string; responseCode?: number };
      // The text of the server may repeat the address.
      return [code, responseCode].filter((part) => part !== undefined).join(' ') || 'it failed';
    }
  }

  async close(): Promise<void> {
    (await this.#transport)?.close();
  }

  async #connect(): Promise<Transporter> {
    const { url } = this.#settings;
    if (!this.#transport || this.#connectedTo !== url) {
      await this.close();
      this.#connectedTo = url;
      this.#transport = import('nodemailer').then(({ createTransport }) =>
        createTransport({
          url,
          connectionTimeout: timeout,
          greetingTimeout: timeout,
          socketTimeout: timeout,
          disableFileAccess: true,
          disableUrlAccess: true,
        }),
      );
    }
    return this.#transport;
  }
}
