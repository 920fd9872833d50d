import { type Database, sql } from '../../src/storage/database.ts';
import { firstIdAt } from '../../src/storage/placed-values.ts';

/** The size of an installation. */
export interface Scale {
  tokens: number;
  people: number;
  sessions: number;
  journeys: number;
}

const hour = 3_600_000;
/** Rows of one statement; progress is shown in between. */
const atOnce = 100_000;

/** Random text of 64 hexadecimal digits. */
const digest: Readonly<Record<Database['dialect'], string>> = {
  sqlite: 'lower(hex(randomblob(32)))',
  postgres: 'md5(random()::text) || md5(random()::text)',
};

const uid = 'CAST(900000000000 + i AS TEXT)';
const provider = 'https://cis2.example.test/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
const attributes = JSON.stringify({
  auth_type: 'user',
  'id_token-issuer': provider,
  'id_token-subject': '900000000001',
  'id_token-acr': 'AAL3',
  grant_type: 'authorization_code',
  // As long as a sealed ID token.
  id_token: 'x'.repeat(1_800),
});
const personBody = `'{"uid":"' || ${uid} || '","persona":null,"givenName":"Ada","familyName":"Testwell","middleNames":"","initials":"A","title":"Dr","displayName":"TESTWELL Ada Dr","email":"ada' || i || '@example.test","idAssuranceLevel":"3","disabled":false,"professionalIds":{},"organisations":[{"personOrgId":"' || CAST(300000000000 + i AS TEXT) || '","orgCode":"A9A5A","orgName":"Alder Vale Test Practice","member":true}],"roles":[{"roleId":"' || CAST(200000000000 + i AS TEXT) || '","personOrgId":"' || CAST(300000000000 + i AS TEXT) || '","orgCode":"A9A5A","orgName":"Alder Vale Test Practice","roleCode":"S8000:G8000:R8001","roleName":"Nurse Access Role","activities":[]}]}'`;

interface Filling {
  table: string;
  rows: number;
  columns: string;
  values: string;
}

/**
 * The tables, in SQL for both dialects; `i` numbers the rows from 0. Half of the tokens are access tokens within their
 * authorization, the others its refresh tokens. A tenth is live, a fifth is to be removed, the others expired within the last day.
 */
function fillings(
  { tokens, people, sessions, journeys }: Scale,
  dialect: Database['dialect'],
  now: number,
): Filling[] {
  const live = (id: string) => `'live-' || ${id}`;
  const authorizations = Math.ceil(tokens / 2);
  // From four days ago until four hours ago, in the order of time.
  const issuedAt = `${now - 96 * hour} + i * ${Math.floor((92 * hour) / authorizations)}`;
  const grantId = `(${firstIdAt(now - 96 * hour)} + i * ${firstIdAt(Math.floor((92 * hour) / authorizations))})`;
  const expiresAt = `CASE WHEN i % 10 = 0 THEN ${now + 12 * hour} WHEN i % 10 IN (3, 7) THEN ${now - 72 * hour} + i % ${15 * hour}
    ELSE ${now - 16 * hour} + i % ${15 * hour} END`;
  return [
    {
      table: 'token_grant',
      rows: authorizations,
      columns: `id, part, family, issuer, application_id, client_id, uid, sid, provider, scope, issued_at, expires_at, generation,
        access_hash, access_expires_at, attributes`,
      values: `${grantId}, i, 'family-' || i, '/oauth2', 'demo', 'demo-combined', '900000000001', 'sid-' || (i / 2), '${provider}',
        '', ${issuedAt}, ${expiresAt}, 0, ${digest[dialect]}, ${expiresAt}, '${attributes}'`,
    },
    {
      table: 'refresh_token',
      rows: authorizations,
      columns: 'id, hash, grant_id, grant_part, own, issued_at, expires_at',
      values: `${grantId}, ${digest[dialect]}, ${grantId}, i, '{"attributes":{"refresh_count":"0"}}', ${issuedAt}, ${expiresAt}`,
    },
    {
      table: 'person',
      rows: people,
      columns: 'uid, persona, body, revision',
      values: `${uid}, NULL, ${personBody}, 1`,
    },
    {
      table: 'person_role',
      rows: people,
      columns: 'role_id, uid',
      values: `CAST(200000000000 + i AS TEXT), ${uid}`,
    },
    {
      table: 'card',
      rows: people,
      columns: 'serial, uid, state, pin, issued_locked, unlock_attempts, created_at',
      values: `'card-' || i, ${uid}, 'active', 'open', 0, 0, ${now}`,
    },
    {
      table: 'certificate',
      rows: people,
      columns: 'serial, uid, card_serial, purpose, not_before, not_after',
      values: `'certificate-' || i, ${uid}, 'card-' || i, 'authentication', ${now - hour}, ${now + 20_000 * hour}`,
    },
    {
      table: 'agent',
      rows: sessions,
      columns: 'id, public_jwk, address, seen_at, session_id',
      values: `'agent-' || i, '{}', '192.0.2.' || (i % 250), ${now + 6 * hour}, ${live('i')}`,
    },
    {
      table: 'cis_session',
      rows: sessions,
      columns:
        'id, uid, agent_id, card_serial, session_jwk, generation, mode, created_at, pin_at, heartbeat_at, ends_at',
      // Last heartbeat after the benchmark's end, because no agent sends any.
      values: `${live('i')}, ${uid}, 'agent-' || i, 'card-' || i, '{"kty":"EC"}', 'hscn', 'normal', ${now}, ${now}, ${now + 6 * hour}, ${now + 9 * hour}`,
    },
    {
      table: 'cis2_session',
      rows: sessions,
      columns:
        'sid, cookie_hash, uid, cis_session_id, agent_id, body, issuer, authenticator, created_at, active_at, ends_at',
      values: `'cis2-' || i, ${digest[dialect]}, ${uid}, ${live('i')}, 'agent-' || i,
        '{"issuer":"https://cis2.example.test","authentication":{"authenticator":"smartcard","methods":["HSCN_SMARTCARD"],"level":{"nhs":3,"others":3}}}',
        'https://cis2.example.test', 'smartcard', ${now}, ${now}, ${now + 12 * hour}`,
    },
    {
      table: 'cis2_session_client',
      rows: sessions,
      columns: 'sid, client_id, joined_at',
      values: `'cis2-' || i, 'demo', ${now}`,
    },
    {
      table: 'journey',
      rows: journeys,
      columns:
        'id, started_at, ended_at, pattern, outcome, decided_at, headline, person, application, messages, wrong_pins, failed, faults, clock_moved',
      // Every other one was refused, which is the most that a search has to read.
      values: `'journey-' || i, ${now} - (${journeys} - i) * 1000, ${now} - (${journeys} - i) * 1000 + 60, i % 6,
        CASE WHEN i % 2 = 0 THEN 'refused' ELSE 'succeeded' END, ${now} - (${journeys} - i) * 1000 + 60,
        CASE WHEN i % 2 = 0 THEN 'The client secret is wrong' ELSE 'Read a patient' END, CAST(900000000000 + i % 400 AS TEXT),
        'application-' || (i % 50), 6, 0, CASE WHEN i % 2 = 0 THEN 'message-' || i ELSE NULL END, '', 0`,
    },
    {
      table: 'message',
      rows: journeys,
      columns: 'id, journey, at, size, refusal',
      values: `'message-' || i, 'journey-' || i, ${now} - (${journeys} - i) * 1000, 0,
        CASE WHEN i % 2 = 1 THEN NULL WHEN i = ${journeys - (journeys % 2) - 1000} THEN ' authorisation.rare invalid_request 400 get /oauth2/authorize rare ' WHEN i % 20 = 0
        THEN ' authorisation.clientorsecret invalid_client 401 post /oauth2/token the client secret is wrong: it has 36 characters, sent by an application '
        ELSE ' gateway.expiredtoken invalid_token 401 get /personal-demographics/fhir/r4/patient/:id the access token has expired 20 s ago ' END`,
    },
  ];
}

/** Fills an installation with statements of many rows. */
export async function fill(
  database: Database,
  scale: Scale,
  now: number,
  progress: (line: string) => void,
): Promise<void> {
  for (const { table, rows, columns, values } of fillings(scale, database.dialect, now)) {
    for (let from = 0; from < rows; from += atOnce) {
      const to = Math.min(rows, from + atOnce);
      await database.run(
        sql(
          `INSERT INTO ${table} (${columns})
           WITH RECURSIVE n(i) AS (SELECT CAST(${from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1}) SELECT ${values} FROM n`,
        ),
      );
      progress(`${table}: ${to} of ${rows} rows`);
    }
    // As PostgreSQL does by itself later.
    await database.run(sql(`ANALYZE ${table}`));
  }
}
