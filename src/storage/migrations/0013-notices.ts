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
