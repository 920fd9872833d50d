import type { X509Certificate } from 'node:crypto';
import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Person } from '../cis/protocol.ts';
import type { Applications } from '../oauth/applications.ts';
import type { ClientRevocations } from '../oauth/client-revocations.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Products, RateLimits } from '../oauth/products.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Cis2Settings, NhsLoginSettings } from '../oauth/upstream/upstream.ts';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { HardeningOptions } from './hardening.ts';

/** One base path of the service, with its profile and providers. */
export interface BasePath {
  /** `/oauth2`, `/oauth2-mock`, `/oauth2.1`; products name it without the slash. */
  path: string;
  profile: 'nhs' | 'standard';
  /** `internal-dev` adds `sid` to the response of the code grant. */
  environment: string;
  cis2: Cis2Settings;
  nhsLogin?: NhsLoginSettings;
  /** Returns further providers whose ID and logout tokens are accepted, by issuer: a mock has many realms. */
  others?: (issuer: string) => { cis2: Cis2Settings } | { nhsLogin: NhsLoginSettings } | undefined;
  options?: HardeningOptions | undefined;
  /** Limits of all clients together; none by default. */
  limits?: RateLimits | undefined;
}

/** Everything that the authorisation service needs from the installation. */
export interface AuthorisationDependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  products: Products;
  tokens: Tokens;
  /** Keys of the service `authorisation`: for client assertions to a provider and JWT access tokens. */
  keys: SigningKeys;
  vault: Vault;
  recorder: Recorder;
  audit: AuditLog;
  background: Background;
  log: Log;
  urls: Urls;
  /** Allows requests to shorten lifetimes, and key sets at private addresses. */
  development: boolean;
  bases: readonly BasePath[];
  /** Returns the addresses of APIs by their names in products, which clients may request as `resource`; none by default. */
  apiResources?: () => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>;
  /** Returns the role ids of a person in CIS, for an exchanged ID token without a role; undefined for an unknown person. */
  roleSource?: (uid: string) => Promise<string[] | undefined>;
  /** Returns a person in CIS, for minted tokens; undefined for an unknown uid. Without it no tokens are minted. */
  personSource?: (uid: string) => Promise<Person | undefined>;
  /**
   * Signs the ID token that CIS2 of this installation would issue to the platform for this sign-in, for minted tokens; undefined
   * without a registration of the platform. Without it minted tokens have none.
   */
  idTokenSource?: (person: Person, sid: string) => Promise<string | undefined>;
  /** Returns the userinfo of such a person; undefined for an unknown uid. */
  userinfoSource?: (uid: string) => Promise<Record<string, unknown> | undefined>;
  /** The secret of the console; without it there are no routes for the console. */
  consoleSecret?: string;
  /** Authorities of client certificates for `tls_client_auth` (RFC 8705 section 2.1); none by default. */
  clientAuthorities?: readonly X509Certificate[];
  /** Revocations of those authorities; not checked if absent. */
  clientRevocations?: ClientRevocations | undefined;
  /** Separate origin of the platform for clients with a certificate (RFC 8705 section 5). */
  mutualTlsUrl?: string | undefined;
  /** Limits on unproven requests. */
  networkLimits?: NetworkLimits | undefined;
  /** Required header `apikey` of `/_status`; public by default. */
  statusApiKey?: string;
}
