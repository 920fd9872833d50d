/** Authenticators of a user besides the smartcard: security keys, passkeys, tablets, authenticator apps, passwords. */
export const authenticators: readonly string[] = [
  `CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    lookup TEXT,
    body TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
  )`,
  'CREATE INDEX credential_uid ON credential (uid, kind)',
  // Key for a sign-in: the id of a WebAuthn credential, or a mail address.
  'CREATE INDEX credential_lookup ON credential (kind, lookup)',
];
