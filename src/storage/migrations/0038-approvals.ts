import type { Expansion } from '../migration.ts';

/**
 * Calls of limited administrators that another administrator approves or declines, and who made whom. At most one live request exists for
 * the same call of an administrator. `officer_maker`: administrators who gave a person the present position in the registration authority.
 * `made_by`: the administrator who invited another or changed the role last; empty for a command.
 */
export const approvals: Expansion = {
  adds: [
    `CREATE TABLE approval (
      id TEXT PRIMARY KEY,
      administrator_id TEXT NOT NULL,
      requester TEXT NOT NULL,
      uid TEXT NOT NULL,
      subject TEXT NOT NULL,
      method TEXT NOT NULL,
      path TEXT NOT NULL,
      body TEXT NOT NULL,
      hash TEXT NOT NULL,
      state TEXT NOT NULL,
      decided_by TEXT NOT NULL DEFAULT '',
      created_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL
    )`,
    "CREATE UNIQUE INDEX approval_live ON approval (administrator_id, hash) WHERE state IN ('waiting', 'approved')",
    'CREATE INDEX approval_expiry ON approval (expires_at)',
    'CREATE TABLE officer_maker (uid TEXT NOT NULL, administrator_id TEXT NOT NULL, PRIMARY KEY (uid, administrator_id)) {small rows}',
    "ALTER TABLE administrator ADD COLUMN made_by TEXT NOT NULL DEFAULT ''",
  ],
};
