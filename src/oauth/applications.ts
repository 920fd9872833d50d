import { type Clock, timeAt } from '@alongside/kernel/clock';
import type { JsonWebKey, SigningAlgorithm } from '@alongside/kernel/jws';
import { type RefusalFacts, shownSecret } from '@alongside/kernel/refusal-facts';
import { equalHashes, sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { integer, onceFor, oneOf, type RowOf, row, sharedJson, storedObject } from '../storage/row.ts';
import { Derived } from '../storage/seldom-rows.ts';
import type { CertificateSubject } from './certificate-subject.ts';

const profiles = ['nhs', 'standard', 'fapi2'] as const;
/** Behaviour for a client: the published one byte for byte, that of the RFCs, or FAPI 2.0. */
export type Profile = (typeof profiles)[number];

/** Values of `token_endpoint_auth_method`. */
export const authenticationMethods = [
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;
/** Those that prove the possession of a key. */
export const keyMethods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

const algorithm = z.enum(['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'] as const satisfies SigningAlgorithm[]);
const jwk = z.custom<JsonWebKey>((value) => typeof value === 'object' && value !== null);
const requirement = z.enum(['required', 'optional']);
const status = z.enum(['approved', 'revoked']);

const secretShape = storedObject({
  hash: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
});
/** A stored client secret, of which only the hash remains. Times are milliseconds. */
export type SecretRecord = z.infer<typeof secretShape>;

const clientMembers = {
  profile: z.enum(profiles),
  clientId: z.string(),
  secrets: z.array(secretShape),
  tokenEndpointAuthMethod: z.string(),
  signingAlg: z.string(),
  jwks: storedObject({ keys: z.array(jwk) }).nullable(),
  jwksUrl: z.string().nullable(),
  // Registrations of earlier versions lack these members.
  /** Binding of access tokens (RFC 9449 section 5.2, RFC 8705 section 3.4); that of the profile by default. */
  boundTokens: z.enum(['dpop', 'certificate']).nullish(),
  /** Whether authorization requests must be signed objects (RFC 9101 section 10.5); optional by default. */
  signedRequests: requirement.optional(),
  /** Whether authorization requests need a code challenge (RFC 7636), where the profile does not decide; as the profile by default. */
  pkce: requirement.nullish(),
};
/** Common members of both registrations of an application. */
export type ClientRegistration = z.infer<z.ZodObject<typeof clientMembers>>;

const applicationType = z.enum(['web', 'native']);
const platformShape = storedObject({
  ...clientMembers,
  applicationType,
  callbackUrls: z.array(z.string()),
  // Registrations of earlier versions lack these two members.
  postLogoutRedirectUris: z.array(z.string()).optional(),
  backchannelLogoutUri: z.string().optional(),
  // Nor had they these two.
  /** Where a signer returns after the presence check; the first callback URL by default. */
  signingCallbackUrl: z.string().nullish(),
  /** Allowed algorithms of signatures; RS256 by default. */
  signingAlgorithms: z.array(z.enum(['RS1', 'RS256'])).optional(),
  /** By name. Each may be revoked for this application alone. */
  products: z.array(storedObject({ name: z.string(), status })),
  accessToken: storedObject({ format: z.enum(['opaque', 'jwt']), signingAlg: algorithm }),
  attributes: z.record(z.string(), z.string()),
});
/** The registration of an application at the API platform. */
export type PlatformRegistration = z.infer<typeof platformShape>;

const cis2Shape = storedObject({
  ...clientMembers,
  applicationType,
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  backchannelLogoutUri: z.string(),
  refreshTokens: z.boolean(),
  firstAuthenticator: z.enum(['smartcard', 'choose']).nullable(),
  /** Whether a fresh proof of the live agent session fulfils `max_age`, or only a PIN. */
  maxAge: z.enum(['proof', 'pin']),
  idTokenSigningAlg: algorithm,
  userinfoSigningAlg: algorithm.nullable(),
  // Registrations of earlier versions lack these members.
  /** Whether authorization requests must be pushed (RFC 9126 section 6); optional by default. */
  pushedRequests: requirement.optional(),
  /** Algorithm of request objects; by default, or if empty, all that the profile allows. */
  requestObjectSigningAlg: algorithm.or(z.literal('')).optional(),
  /** Claims of ID tokens beyond those of the sign-in: those that the request names, or the published set, which `nhs` clients always get. */
  idTokenClaims: z.enum(['requested', 'published']).optional(),
  /** Subject of the certificate for `tls_client_auth` (RFC 8705 section 2.1.2). */
  certificateSubject: (z.record(z.string(), z.string()) as z.ZodType<CertificateSubject>).nullish(),
  /** For people. */
  description: z.string().optional(),
});
/** The registration of an application as a relying party of CIS2. */
export type Cis2Registration = z.infer<typeof cis2Shape>;

const applicationShape = storedObject({
  id: z.string(),
  name: z.string(),
  developer: z.string(),
  status,
  platform: platformShape.nullable(),
  cis2: cis2Shape.nullable(),
});
export type Application = z.infer<typeof applicationShape>;

export interface StoredApplication extends Application {
  revision: number;
}

const applicationRow = row('application', { body: sharedJson(applicationShape), revision: integer });
const developerStatusRow = row('developer', { status: oneOf('active', 'inactive') });

const stored = onceFor(
  ({ body, revision }: RowOf<typeof applicationRow>): StoredApplication => ({ ...body, revision }),
);

const byClient = (half: 'platform' | 'cis2'): string =>
  `SELECT body, revision FROM client JOIN application ON application.id = client.application_id
   WHERE client.client_id = ? AND client.half = '${half}'`;
const byPlatformClient = byClient('platform');
const byCis2Client = byClient('cis2');

/** Selects registrations that may be of public clients: a body is compact JSON. */
const publicClients = sql(
  'SELECT body, revision FROM application WHERE body LIKE ?',
  '%"tokenEndpointAuthMethod":"none"%',
);

/** Returns whether a secret is valid for a client. Compares all that have not expired, each in constant time. */
export function secretFits(registration: ClientRegistration, secret: string, now: number): boolean {
  const hash = sha256(secret);
  let fits = false;
  for (const record of registration.secrets) {
    const equal = equalHashes(record.hash, hash);
    if (equal && (record.expiresAt === null || record.expiresAt > now)) fits = true;
  }
  return fits;
}

/** Describes why a secret does not fit. */
export function secretFacts(
  name: string,
  { secrets }: ClientRegistration,
  secret: string,
  now: number,
): RefusalFacts {
  const hash = sha256(secret);
  const expiredAt = secrets.find((record) => equalHashes(record.hash, hash))?.expiresAt;
  const live = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  const newest = live.toSorted((one, other) => other.createdAt - one.createdAt)[0];
  // A seeded secret has no time.
  const when = newest?.createdAt === 0 ? 'with the seed' : `at ${timeAt(newest?.createdAt ?? now, now)}`;
  const made = newest ? `, made ${when}` : '';
  return {
    field: 'client_secret',
    headline: expiredAt ? 'The client secret has expired' : 'The client secret is wrong',
    received: expiredAt
      ? `a secret of ${name} that expired at ${timeAt(expiredAt, now)}`
      : shownSecret(secret),
    expected:
      live.length === 0
        ? `${name} has no valid secret`
        : `${live.length === 1 ? 'the only secret' : `one of the ${live.length} secrets`} of ${name}${live.length === 1 ? made : `, the newest${made}`}`,
  };
}

/** The registrations, shared by all services, read at each request, so that a change applies at once. */
export class Applications {
  readonly #database: Database;
  readonly #clock: Clock;

  readonly #usableAtCis2: Derived<StoredApplication | undefined>;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#usableAtCis2 = new Derived(database, ['client', 'application', 'developer'], async (clientId) => {
      const application = await this.byCis2Client(clientId);
      if (application?.status !== 'approved' || !application.cis2) return undefined;
      return (await this.isOfInactive(application)) ? undefined : application;
    });
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Returns the application with this client id (API key) at the platform. */
  byPlatformClient(clientId: string): Promise<StoredApplication | undefined> {
    return this.#found(sql(byPlatformClient, clientId));
  }

  /** Returns the application with this client id at CIS2. */
  byCis2Client(clientId: string): Promise<StoredApplication | undefined> {
    return this.#found(sql(byCis2Client, clientId));
  }

  /** Returns the same if it is approved and its developer is active, without a promise if it is known. */
  usableAtCis2(clientId: string): StoredApplication | undefined | Promise<StoredApplication | undefined> {
    return this.#usableAtCis2.of(clientId);
  }

  /** Returns whether an approved public client has a callback with this web origin. */
  async hasPublicClientAt(origin: string, half: 'platform' | 'cis2'): Promise<boolean> {
    const rows = await this.#database.all(seldom(publicClients, 'application'), applicationRow);
    return rows.some(({ body: { status, platform, cis2 } }) => {
      const [client, callbacks] =
        half === 'platform' ? [platform, platform?.callbackUrls] : [cis2, cis2?.redirectUris];
      if (status !== 'approved' || client?.tokenEndpointAuthMethod !== 'none') return false;
      return callbacks?.some(
        (callback) => /^https?:/.test(callback) && URL.parse(callback)?.origin === origin,
      );
    });
  }

  /** Returns whether the developer of an application is inactive, so that it may not be used. */
  async isOfInactive({ developer }: Pick<Application, 'developer'>): Promise<boolean> {
    const statement = seldom(sql('SELECT status FROM developer WHERE id = ?', developer), 'developer');
    return (await this.#database.get(statement, developerStatusRow))?.status === 'inactive';
  }

  get(id: string): Promise<StoredApplication | undefined> {
    return this.#found(sql('SELECT body, revision FROM application WHERE id = ?', id));
  }

  async list(): Promise<StoredApplication[]> {
    const statement = sql('SELECT body, revision FROM application ORDER BY id');
    return (await this.#database.all(statement, applicationRow)).map(stored);
  }

  /**
   * Stores a new application. Throws if its id or a client id is taken.
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

  /** Replaces this revision of an application. Returns false if it is no longer the current one. */
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

  async #found(statement: Statement): Promise<StoredApplication | undefined> {
    const found = await this.#database.get(seldom(statement, 'application', 'client'), applicationRow);
    return found && stored(found);
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
