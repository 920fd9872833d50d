/** The life of cards as CIS keeps it, and what it still has to tell others. */
export const cardLifecycle: readonly string[] = [
  // A card as the registration authority knows it; its certificates stand in `certificate`.
  `CREATE TABLE card (
    serial TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    state TEXT NOT NULL,
    pin TEXT NOT NULL,
    issued_locked BIGINT NOT NULL,
    unblocking_sealed TEXT,
    ordered_by TEXT,
    replaces TEXT,
    renewal_until BIGINT,
    unlock_round TEXT,
    unlock_attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  'CREATE INDEX card_uid ON card (uid)',
  // Which certificate of a card is the latest, and what the list of revoked ones is made of.
  'ALTER TABLE certificate ADD COLUMN issued_at BIGINT',
  'CREATE INDEX certificate_revoked ON certificate (revoked_at)',

  // Mail: the text is sealed. One without a server to send it to is kept for the console.
  `CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    sent_at BIGINT
  )`,
  'CREATE INDEX mail_due ON mail (state, next_at)',
  'CREATE INDEX mail_created ON mail (created_at)',

  // Ended sessions that a subscriber has still to hear of, written together with the end. Who holds one delivers it.
  `CREATE TABLE session_message (
    session_id TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    told_at BIGINT,
    PRIMARY KEY (session_id, subscriber)
  )`,
  'CREATE INDEX session_message_open ON session_message (subscriber, created_at) WHERE told_at IS NULL',

  // The session that the agent said it has, when it was last heard from.
  'ALTER TABLE agent ADD COLUMN session_id TEXT',

  // Tickets of the legacy interface, by hash: each is good for one session and for nothing beside that interface.
  `CREATE TABLE legacy_ticket (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    training BIGINT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  'CREATE INDEX legacy_ticket_session ON legacy_ticket (session_id)',
];
