/**
 * Audit records in one sealed chain per process. `audit` keeps the former chain unchanged; numbers continue after its last one.
 * Records of acts wait in `audit_unsealed`, where the batch of the act inserts them, until their process seals them.
 */
export const auditRecords: readonly string[] = [
  `CREATE TABLE audit_record (
    id {sequence},
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor TEXT NOT NULL,
    application TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    mac TEXT NOT NULL,
    UNIQUE (chain, seq)
  )`,
  '{continue after audit}',
  'CREATE INDEX audit_record_at ON audit_record (at)',
  "CREATE INDEX audit_record_actor ON audit_record (actor, id) WHERE actor <> ''",
  "CREATE INDEX audit_record_application ON audit_record (application, id) WHERE application <> ''",
  "CREATE INDEX audit_record_subject ON audit_record (subject, id) WHERE subject <> ''",
  'CREATE TABLE audit_unsealed (id {sequence}, chain TEXT NOT NULL, entry TEXT NOT NULL, mac TEXT NOT NULL)',
  // The length of each chain, how much of it is anchored, and the record after which it begins since older ones were deleted.
  `CREATE TABLE audit_chain (
    chain TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    mac TEXT NOT NULL,
    anchored BIGINT NOT NULL DEFAULT 0,
    deleted BIGINT NOT NULL DEFAULT 0,
    deleted_mac TEXT NOT NULL DEFAULT '',
    closed_at BIGINT
  )`,
  `INSERT INTO audit_chain (chain, started_at, seq, mac, closed_at)
    SELECT 'former', 0, seq, hash, 0 FROM audit ORDER BY seq DESC LIMIT 1`,
];

/** Regular work: its leases, and the indexes for its rows. Times are milliseconds. */
export const regularWork: readonly string[] = [
  `CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
  )`,

  'CREATE INDEX cis_session_end ON cis_session (ends_at) WHERE ended_at IS NULL',
  'CREATE INDEX cis_session_ended ON cis_session (ended_at) WHERE ended_at IS NOT NULL',
  'CREATE INDEX cis_session_uid ON cis_session (uid) WHERE ended_at IS NULL',
  'CREATE INDEX cis_session_card ON cis_session (card_serial) WHERE ended_at IS NULL',
  'CREATE INDEX agent_seen ON agent (seen_at)',
  'CREATE INDEX refused_at ON refused (at)',
  // Only pending notifications of CIS2: no other value needs this index.
  "CREATE INDEX single_use_promised ON single_use (expires_at) WHERE kind = 'cis2-ended' AND used_at IS NULL",

  // People and cards that may no longer have a session, written in the batch that changes them.
  `CREATE TABLE session_ground (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
  )`,
  'CREATE INDEX session_ground_noted ON session_ground (noted_at)',

  // The authenticator of the session, to find sessions of a removed authenticator without reading the others.
  "ALTER TABLE cis2_session ADD COLUMN issuer TEXT NOT NULL DEFAULT ''",
  "ALTER TABLE cis2_session ADD COLUMN authenticator TEXT NOT NULL DEFAULT ''",
  `UPDATE cis2_session SET issuer = COALESCE({issuer of body}, ''), authenticator = COALESCE({authenticator of body}, '')
   WHERE ended_at IS NULL`,
  'CREATE INDEX cis2_session_authenticator ON cis2_session (issuer, authenticator) WHERE ended_at IS NULL',
];

/** Mails about a user's authenticators that CIS2 has yet to pass to CIS. */
export const notices: readonly string[] = [
  `CREATE TABLE cis2_notice (
    id TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL
  )`,
  'CREATE INDEX cis2_notice_due ON cis2_notice (due_at)',
];

/** The person of each role profile: an id belongs to one person, and a change of one person reads no other. */
export const roleOwners: readonly string[] = [
  `CREATE TABLE person_role (
    role_id TEXT PRIMARY KEY,
    uid TEXT NOT NULL
  )`,
  'INSERT INTO person_role (role_id, uid) {roles of people} ON CONFLICT (role_id) DO NOTHING',
  'CREATE INDEX person_role_uid ON person_role (uid)',
];

/** Mailed unlock codes, for each card and agent. `unlock_round` and `unlock_attempts` of `card` are no longer used. */
export const unlockCodes: readonly string[] = [
  `CREATE TABLE unlock_code (
    id TEXT PRIMARY KEY,
    card_serial TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    mac TEXT NOT NULL,
    attempts_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
  )`,
  'CREATE INDEX unlock_code_card ON unlock_code (card_serial, agent_id)',
  'CREATE INDEX unlock_code_end ON unlock_code (ends_at)',
];

/** Reasons of refusals, with three ids. A ring: `seq` shows the oldest. The former table had one id. */
export const refusals: readonly string[] = [
  `CREATE TABLE refusal (
    seq {sequence},
    message_id TEXT NOT NULL,
    request_hash TEXT,
    correlation_hash TEXT,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
  )`,
  'CREATE INDEX refusal_message ON refusal (message_id)',
  'CREATE INDEX refusal_request ON refusal (request_hash)',
  'CREATE INDEX refusal_correlation ON refusal (correlation_hash)',
  'DROP TABLE refused',
];

/** Rarely written tables whose changes PostgreSQL announces, so that every process may cache their rows. */
export const announcedTables: readonly string[] = [
  'application',
  'client',
  'developer',
  'organisation',
  'person',
  'product',
  'setting',
];

/** The channel of the announcements; the payload is the table. */
export const announcements = 'alongside_rows';

/** A trigger announces each change at its commit, whoever writes: another version, a command or an administrator. */
export const announcedChanges: readonly { readonly postgres: string }[] = [
  {
    postgres: `CREATE FUNCTION alongside_announce() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_notify('${announcements}', TG_TABLE_NAME); RETURN NULL; END $$`,
  },
  ...announcedTables.map((table) => ({
    postgres: `CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION alongside_announce()`,
  })),
];

/** Finds the live sessions of other users from an agent without reading those of its user. */
export const sessionsOfAgents: readonly string[] = [
  'DROP INDEX cis2_session_agent',
  `CREATE INDEX cis2_session_agent_uid ON cis2_session (agent_id, uid)
   WHERE ended_at IS NULL AND agent_id IS NOT NULL`,
];

/**
 * One table for messages to others, with the messages of the former tables: ended sessions for subscribers of CIS, mails, back-channel
 * logout, and ended CIS2 sessions whose relying parties are yet to be found. Times are milliseconds.
 */
export const outbox: readonly string[] = [
  `CREATE TABLE outbox (
    seq {sequence},
    topic TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    result TEXT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tried_at BIGINT,
    UNIQUE (topic, id)
  )`,
  "CREATE INDEX outbox_due ON outbox (topic, due_at) WHERE state = 'pending'",
  "CREATE INDEX outbox_key ON outbox (topic, key, seq) WHERE state = 'pending'",
  'CREATE INDEX outbox_created ON outbox (topic, created_at)',

  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
    SELECT 'cis.session-ended', message.session_id || ' ' || message.subscriber, message.subscriber,
      CAST({json object}('sessionId', session.id, 'agentId', session.agent_id, 'uid', session.uid,
        'cause', COALESCE(session.end_cause, 'expired'), 'generation', session.generation) AS TEXT),
      'pending', 0, '', '', 0, message.created_at, message.created_at
    FROM session_message AS message JOIN cis_session AS session ON session.id = message.session_id
    WHERE message.told_at IS NULL ORDER BY message.created_at, message.session_id`,
  'DROP TABLE session_message',

  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at, tried_at)
    SELECT 'cis.mail', id, id, '"' || sealed || '"',
      CASE state WHEN 'waiting' THEN 'pending' WHEN 'sent' THEN 'delivered' ELSE 'givenUp' END,
      attempts, '', '', 0, created_at, next_at, sent_at
    FROM mail ORDER BY created_at, id`,
  'DROP TABLE mail',

  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at, tried_at)
    SELECT 'cis2.logout', id, id,
      CAST({json object}('sid', sid, 'uid', uid, 'cisSessionId', cis_session_id, 'clientId', client_id,
        'address', address, 'trusted', {trusted}, 'cause', cause) AS TEXT),
      state, attempts, result, '', 0, created_at, due_at, tried_at
    FROM logout_delivery ORDER BY created_at, id`,
  'DROP TABLE logout_delivery',

  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
    SELECT 'cis2.session-ended', hash, hash, payload, 'pending', 0, '', '', 0, created_at, created_at
    FROM single_use WHERE kind = 'cis2-ended' AND used_at IS NULL ORDER BY created_at, hash`,
  "DELETE FROM single_use WHERE kind = 'cis2-ended'",
  'DROP INDEX single_use_promised',
];
