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

/** CIS's card records, and its pending notifications. */
export const cardLifecycle: readonly string[] = [
  // A card of the registration authority; its certificates are in `certificate`.
  `CREATE TABLE card (
    serial TEXT PRIMARY KEY,
    uid TEXT NOT NULL,
    state TEXT NOT NULL,
    pin TEXT NOT NULL,
    issued_locked BIGINT NOT NULL,
    unblocking_sealed TEXT,
    ordered_by TEXT,
    replaces TEXT,
    renewal_until BIGINT,
    unlock_round TEXT,
    unlock_attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  'CREATE INDEX card_uid ON card (uid)',
  // The latest certificate of a card, and the data of the revocation list.
  'ALTER TABLE certificate ADD COLUMN issued_at BIGINT',
  'CREATE INDEX certificate_revoked ON certificate (revoked_at)',

  // Mail with encrypted text. Mail without a server is kept for the console.
  `CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    sent_at BIGINT
  )`,
  'CREATE INDEX mail_due ON mail (state, next_at)',
  'CREATE INDEX mail_created ON mail (created_at)',

  // Pending notifications of ended sessions, written together with the end. The holder delivers them.
  `CREATE TABLE session_message (
    session_id TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    told_at BIGINT,
    PRIMARY KEY (session_id, subscriber)
  )`,
  'CREATE INDEX session_message_open ON session_message (subscriber, created_at) WHERE told_at IS NULL',

  // The session that the agent last reported.
  'ALTER TABLE agent ADD COLUMN session_id TEXT',

  // Tickets of the legacy interface, by hash. Each is valid for one session and only for that interface.
  `CREATE TABLE legacy_ticket (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    training BIGINT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  'CREATE INDEX legacy_ticket_session ON legacy_ticket (session_id)',
];

/** Additions to registrations besides the application itself. */
export const registrations: readonly string[] = [
  // Owners of applications: a developer or a company. Applications refer to one by id.
  `CREATE TABLE developer (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     status TEXT NOT NULL,
     body TEXT NOT NULL,
     revision INTEGER NOT NULL
   )`,
];

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

/** Administrators of the console in production, with their passkeys and sessions. Times are milliseconds. */
export const administrators: readonly string[] = [
  `CREATE TABLE administrator (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  // By the id of the WebAuthn credential.
  `CREATE TABLE administrator_key (
    id TEXT PRIMARY KEY,
    administrator_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    counter BIGINT NOT NULL,
    used_at BIGINT NOT NULL
  )`,
  'CREATE INDEX administrator_key_owner ON administrator_key (administrator_id)',
  `CREATE TABLE administrator_session (
    hash TEXT PRIMARY KEY,
    administrator_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
  )`,
  'CREATE INDEX administrator_session_owner ON administrator_session (administrator_id)',
];

/** Indexes for deleting old events and sessions. */
export const oldEvents: readonly string[] = [
  'CREATE INDEX journey_link_journey ON journey_link (journey)',
  'CREATE INDEX cis2_session_ended ON cis2_session (ended_at) WHERE ended_at IS NOT NULL',
];

/** Time at which an unused CIS2 session ends, in milliseconds; null if the workstation watches it. */
export const idleSessions: readonly string[] = [
  'ALTER TABLE cis2_session ADD COLUMN idle_at BIGINT',
  'CREATE INDEX cis2_session_idle ON cis2_session (idle_at) WHERE ended_at IS NULL',
  'CREATE INDEX cis2_session_end ON cis2_session (ends_at) WHERE ended_at IS NULL',
];

/** Changed and removed people of the directory in order, for services that keep data about them. */
export const directoryChanges: readonly string[] = [
  `CREATE TABLE person_change (
    seq {sequence},
    uid TEXT NOT NULL
  )`,
  'CREATE INDEX cis2_session_live ON cis2_session (uid) WHERE ended_at IS NULL',
];

/** Index for patient searches, which always have a date of birth. `''` for records without one. */
export const patientsByBirth: readonly string[] = [
  "ALTER TABLE patient ADD COLUMN birth_date TEXT NOT NULL DEFAULT ''",
  "UPDATE patient SET birth_date = COALESCE({birth date of body}, '')",
  'CREATE INDEX patient_birth ON patient (birth_date, nhs_number)',
];
