/** CIS's card records, and its pending notifications. */
export const cardLifecycle: readonly string[] = [
  // A card of the registration authority; its certificates are in `certificate`.
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
  // The latest certificate of a card, and the data of the revocation list.
  'ALTER TABLE certificate ADD COLUMN issued_at BIGINT',
  'CREATE INDEX certificate_revoked ON certificate (revoked_at)',

  // Mail with encrypted text. Mail without a server is kept for the console.
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

  // Pending notifications of ended sessions, written together with the end. The holder delivers them.
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

  // The session that the agent last reported.
  'ALTER TABLE agent ADD COLUMN session_id TEXT',

  // Tickets of the legacy interface, by hash. Each is valid for one session and only for that interface.
  `CREATE TABLE legacy_ticket (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    training BIGINT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  'CREATE INDEX legacy_ticket_session ON legacy_ticket (session_id)',
];
