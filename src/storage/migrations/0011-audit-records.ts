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
