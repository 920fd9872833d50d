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
