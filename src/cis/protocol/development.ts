// What the console asks while everything runs on one machine.

/** Body of `POST /clock-moved` by the console. */
export interface ClockMoved {
  /** Seconds by which the clock was moved; negative when it went back. */
  bySeconds: number;
}

/** One mail of the outbox, as the console shows it. */
export interface OutboxMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  /** ISO time. */
  createdAt: string;
  state: 'kept' | 'waiting' | 'sent' | 'failed';
  attempts: number;
  /** ISO time. */
  sentAt: string | null;
}

/** `GET /mail/outbox?limit=`, console and development only: the latest first. */
export interface OutboxAnswer {
  mails: OutboxMail[];
}
