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
