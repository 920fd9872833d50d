/** The tables of the first version. Times are milliseconds, structures JSON text. */
export const foundation: readonly string[] = [
  // Single-use values: codes, states, request ids, jtis, hand-offs, interactions.
  `CREATE TABLE single_use (
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (kind, hash)
  )`,
  'CREATE INDEX single_use_expiry ON single_use (expires_at)',

  `CREATE TABLE signing_key (
    service TEXT NOT NULL,
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    first_of TEXT UNIQUE,
    public_jwk TEXT NOT NULL,
    private_sealed TEXT NOT NULL,
    announced_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    signs_until BIGINT,
    removed_at BIGINT,
    PRIMARY KEY (service, kid)
  )`,

  `CREATE TABLE person (
    uid TEXT PRIMARY KEY,
    persona TEXT UNIQUE,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  'CREATE TABLE organisation (code TEXT PRIMARY KEY, name TEXT NOT NULL)',

  `CREATE TABLE certificate (
    serial TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    card_serial TEXT NOT NULL,
    purpose TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT,
    revocation_reason TEXT
  )`,
  'CREATE INDEX certificate_card ON certificate (card_serial)',

  `CREATE TABLE agent (
    id TEXT PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    address TEXT NOT NULL,
    seen_at BIGINT NOT NULL
  )`,
  'CREATE INDEX agent_address ON agent (address, seen_at)',

  `CREATE TABLE cis_session (
    id TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    card_serial TEXT NOT NULL,
    session_jwk TEXT NOT NULL,
    generation TEXT NOT NULL,
    mode TEXT NOT NULL,
    role_id TEXT,
    created_at BIGINT NOT NULL,
    pin_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_cause TEXT
  )`,
  'CREATE INDEX cis_session_agent ON cis_session (agent_id)',
  // The sweep reads live sessions only.
  'CREATE INDEX cis_session_live ON cis_session (heartbeat_at) WHERE ended_at IS NULL',

  `CREATE TABLE cis2_session (
    sid TEXT PRIMARY KEY,
    cookie_hash TEXT NOT NULL UNIQUE,
    uid TEXT NOT NULL,
    cis_session_id TEXT,
    agent_id TEXT,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_cause TEXT
  )`,
  'CREATE INDEX cis2_session_cis ON cis2_session (cis_session_id)',
  'CREATE INDEX cis2_session_agent ON cis2_session (agent_id)',
  'CREATE INDEX cis2_session_uid ON cis2_session (uid)',
  `CREATE TABLE cis2_session_client (
    sid TEXT NOT NULL,
    client_id TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (sid, client_id)
  )`,

  `CREATE TABLE application (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE TABLE client (
    client_id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL,
    half TEXT NOT NULL
  )`,
  'CREATE INDEX client_application ON client (application_id)',
  `CREATE TABLE product (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL
  )`,

  // One record for every access and refresh token of the platform and of CIS2.
  `CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    issuer TEXT NOT NULL,
    family TEXT NOT NULL,
    application_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    uid TEXT,
    sid TEXT,
    scope TEXT NOT NULL,
    attributes TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    successor_sealed TEXT,
    revoked_at BIGINT
  )`,
  'CREATE INDEX token_family ON token (family)',
  'CREATE INDEX token_sid ON token (sid)',
  'CREATE INDEX token_expiry ON token (expires_at)',

  `CREATE TABLE patient (
    nhs_number TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL
  )`,

  `CREATE TABLE event (
    seq {sequence},
    journey TEXT NOT NULL,
    at TEXT NOT NULL,
    from_party TEXT NOT NULL,
    to_party TEXT NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
  )`,
  'CREATE INDEX event_journey ON event (journey)',
  `CREATE TABLE journey_link (
    hash TEXT PRIMARY KEY,
    journey TEXT NOT NULL
  )`,

  `CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    application TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  )`,

  `CREATE TABLE refused (
    message_id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    service TEXT NOT NULL,
    error TEXT NOT NULL,
    detail TEXT NOT NULL
  )`,

  // Rate counters, in storage so that all processes share them.
  `CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL
  )`,
];
