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
