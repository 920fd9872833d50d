import type { Clock } from '@alongside/kernel/clock';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { type BodyRow, ParsedRows } from '../storage/parsed-rows.ts';
import type { CertificateSubject } from './certificate-subject.ts';

/** Which behaviour a registered client gets: the published one byte for byte, the RFCs', or FAPI 2.0. */
export type Profile = 'nhs' | 'standard' | 'fapi2';

/** A client secret as it is kept: shown once, then only its hash. Times in milliseconds. */
export interface SecretRecord {
  hash: string;
  createdAt: number;
  expiresAt: number | null;
}

/** What both halves of a registration have. */
export interface ClientRegistration {
  profile: Profile;
  clientId: string;
  secrets: SecretRecord[];
  tokenEndpointAuthMethod: string;
  signingAlg: string;
  jwks: { keys: JsonWebKey[] } | null;
  jwksUrl: string | null;
}

/** The application at the API platform. */
export interface PlatformRegistration extends ClientRegistration {
  callbackUrls: string[];
  /** Names of products; each may be revoked for this application alone. */
  products: { name: string; status: 'approved' | 'revoked' }[];
  applicationType: 'web' | 'native';
  accessToken: { format: 'opaque' | 'jwt'; signingAlg: SigningAlgorithm };
  attributes: Record<string, string>;
}

/** The application as a relying party of CIS2. */
export interface Cis2Registration extends ClientRegistration {
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  applicationType: 'web' | 'native';
  backchannelLogoutUri: string;
  pkce: 'required' | 'optional';
  refreshTokens: boolean;
  firstAuthenticator: 'smartcard' | 'choose' | null;
  /** Whether `max_age` is met by a fresh proof of the live agent session or only by a PIN. */
  maxAge: 'proof' | 'pin';
  idTokenSigningAlg: SigningAlgorithm;
  userinfoSigningAlg: SigningAlgorithm | null;
  // Members that registrations of earlier versions lack: absent is what the comment says.
  /** What access tokens are bound to (RFC 9449 section 5.2, RFC 8705 section 3.4); null or absent as the profile has it. */
  boundTokens?: 'dpop' | 'certificate' | null;
  /** Whether every authorization request must be pushed (RFC 9126 section 6); absent is optional. */
  pushedRequests?: 'required' | 'optional';
  /** Whether every authorization request must be a signed object (RFC 9101 section 10.5); absent is optional. */
  signedRequests?: 'required' | 'optional';
  /** The one algorithm of request objects; empty or absent: any that the profile allows. */
  requestObjectSigningAlg?: SigningAlgorithm | '';
  /** Whose certificate `tls_client_auth` expects (RFC 8705 section 2.1.2). */
  certificateSubject?: CertificateSubject | null;
  /** For people. */
  description?: string;
}

export interface Application {
  id: string;
  name: string;
  developer: string;
  status: 'approved' | 'revoked';
  platform: PlatformRegistration | null;
  cis2: Cis2Registration | null;
}

export interface StoredApplication extends Application {
  revision: number;
}

interface ApplicationRow extends BodyRow {
  id: string;
}

/** Registrations that may be of public clients: a body is compact JSON. */
const publicClients = sql(
  'SELECT * FROM application WHERE body LIKE ?',
  '%"tokenEndpointAuthMethod":"none"%',
);

/** Whether this secret is one of the client's that have not run out. Every candidate is compared, in constant time. */
export function secretFits(registration: ClientRegistration, secret: string, now: number): boolean {
  const hash = sha256(secret);
  let fits = false;
  for (const record of registration.secrets) {
    const equal = equalSecrets(record.hash, hash);
    if (equal && (record.expiresAt === null || record.expiresAt > now)) fits = true;
  }
  return fits;
}

/** The registrations, shared by all services. A change is seen by the next request. */
export class Applications {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #parsed = new ParsedRows<Application>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** The application whose platform half has this client id (its API key). */
  byPlatformClient(clientId: string): Promise<StoredApplication | undefined> {
    return this.#byClient(clientId, 'platform');
  }

  /** The application whose CIS2 half has this client id. */
  byCis2Client(clientId: string): Promise<StoredApplication | undefined> {
    return this.#byClient(clientId, 'cis2');
  }

  /** Whether an approved public client has a callback with this web origin. */
  async hasPublicClientAt(origin: string, half: 'platform' | 'cis2'): Promise<boolean> {
    const rows = await this.#database.all<ApplicationRow>(seldom(publicClients));
    return rows.some((row) => {
      const { status, platform, cis2 } = this.#parsed.of(row.id, row);
      const [client, callbacks] =
        half === 'platform' ? [platform, platform?.callbackUrls] : [cis2, cis2?.redirectUris];
      if (status !== 'approved' || client?.tokenEndpointAuthMethod !== 'none') return false;
      return callbacks?.some(
        (callback) => /^https?:/.test(callback) && URL.parse(callback)?.origin === origin,
      );
    });
  }

  /** Whether somebody inactive registered an application: then it may do nothing. */
  async isOfInactive({ developer }: Application): Promise<boolean> {
    const row = await this.#database.get<{ status: string }>(
      seldom(sql('SELECT status FROM developer WHERE id = ?', developer)),
    );
    return row?.status === 'inactive';
  }

  async get(id: string): Promise<StoredApplication | undefined> {
    const row = await this.#database.get<ApplicationRow>(sql('SELECT * FROM application WHERE id = ?', id));
    return row && this.#parsed.of(row.id, row);
  }

  async list(): Promise<StoredApplication[]> {
    const rows = await this.#database.all<ApplicationRow>(sql('SELECT * FROM application ORDER BY id'));
    return rows.map((row) => this.#parsed.of(row.id, row));
  }

  /**
   * Stores a new application; throws when its id or a client id is taken.
   * @param others writes of the same act, such as its audit record
   */
  async add(application: Application, ...others: Statement[]): Promise<void> {
    await this.#database.batch([
      sql(
        'INSERT INTO application (id, body, revision) VALUES (?, ?, 1)',
        application.id,
        JSON.stringify(application),
      ),
      ...this.#clientStatements(application),
      ...others,
    ]);
  }

  /** Replaces the revision that a changed application was made from; false when another change came first. */
  async replace(application: Application, revision: number, ...others: Statement[]): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE application SET body = ?, revision = revision + 1 WHERE id = ? AND revision = ?',
          JSON.stringify(application),
          application.id,
          revision,
        ),
      ),
      sql('DELETE FROM client WHERE application_id = ?', application.id),
      ...this.#clientStatements(application),
      ...others,
    ]);
    return done;
  }

  async remove(id: string, ...others: Statement[]): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(sql('DELETE FROM application WHERE id = ?', id)),
      sql('DELETE FROM client WHERE application_id = ?', id),
      ...others,
    ]);
    return done;
  }

  async #byClient(clientId: string, half: 'platform' | 'cis2'): Promise<StoredApplication | undefined> {
    const row = await this.#database.get<ApplicationRow>(
      seldom(
        sql(
          `SELECT application.* FROM client JOIN application ON application.id = client.application_id
           WHERE client.client_id = ? AND client.half = ?`,
          clientId,
          half,
        ),
      ),
    );
    return row && this.#parsed.of(row.id, row);
  }

  #clientStatements({ id, platform, cis2 }: Application): Statement[] {
    const insertStatement = (clientId: string, half: string) =>
      sql('INSERT INTO client (client_id, application_id, half) VALUES (?, ?, ?)', clientId, id, half);
    return [
      ...(platform ? [insertStatement(platform.clientId, 'platform')] : []),
      ...(cis2 ? [insertStatement(cis2.clientId, 'cis2')] : []),
    ];
  }
}

const resourceServerAttribute = 'resource-server';
const resourcesAttribute = 'resources';

/**
 * Returns the resources about which an application may introspect tokens; empty for all. Returns null if it is not a resource
 * server.
 */
export function resourcesOf({ attributes }: { attributes: Record<string, string> }): string[] | null {
  if (attributes[resourceServerAttribute] !== 'true') return null;
  return (attributes[resourcesAttribute] ?? '').split(' ').filter(Boolean);
}

/** Returns the application as a resource server for these resources, or with null as none. */
export function withResources(application: Application, resources: readonly string[] | null): Application {
  const { platform } = application;
  if (!platform) return application;
  const { [resourceServerAttribute]: _, [resourcesAttribute]: __, ...attributes } = platform.attributes;
  const own: Record<string, string> =
    resources === null
      ? {}
      : { [resourceServerAttribute]: 'true', [resourcesAttribute]: resources.join(' ') };
  return { ...application, platform: { ...platform, attributes: { ...attributes, ...own } } };
}
