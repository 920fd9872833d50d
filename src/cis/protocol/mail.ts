/** Body of `POST /directory/people/{uid}/mail`, CIS2: a mail to the person in plain text. Each `id` is sent once. */
export interface PersonMail {
  id: string;
  subject: string;
  text: string;
}

export interface PersonMailAnswer {
  /** False if the directory does not contain the person's address. */
  mailed: boolean;
}

export interface OutboxMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  /** ISO time. */
  createdAt: string;
  state: 'kept' | 'waiting' | 'sent' | 'failed';
  attempts: number;
  /** Why the last attempt failed; null without a failure. */
  problem: string | null;
  /** ISO time. */
  sentAt: string | null;
  /** Id of the request that caused it; null for background work. */
  messageId: string | null;
}

/** Response of `GET /mail/outbox?limit=`, console, development only. The latest mail is first. */
export interface OutboxAnswer {
  mails: OutboxMail[];
}
