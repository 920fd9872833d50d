/** Back-channel logout: pending notifications, and the delivery log. Times are milliseconds. */
export const logoutDeliveries: readonly string[] = [
  `CREATE TABLE logout_delivery (
    id TEXT PRIMARY KEY,
    sid TEXT NOT NULL,
    uid TEXT NOT NULL,
    cis_session_id TEXT,
    client_id TEXT NOT NULL,
    address TEXT NOT NULL,
    trusted BIGINT NOT NULL,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    result TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tried_at BIGINT
  )`,
  'CREATE INDEX logout_delivery_due ON logout_delivery (state, due_at)',
  'CREATE INDEX logout_delivery_created ON logout_delivery (created_at)',
];
