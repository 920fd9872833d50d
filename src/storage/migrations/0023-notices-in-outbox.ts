/** Mails about a user's authenticators move to the table for all messages to others. */
export const noticesInOutbox: readonly string[] = [
  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
    SELECT 'cis2.notice', id, uid, CAST({json object}('uid', uid, 'subject', subject, 'text', text) AS TEXT),
      'pending', 0, '', '', 0, created_at, created_at
    FROM cis2_notice ORDER BY created_at, id`,
  'DROP TABLE cis2_notice',
];
