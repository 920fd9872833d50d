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
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { HardeningOptions } from './hardening.ts';

/** CIS2, or anything that speaks like it, as the provider that signs care workers in. Addresses are used byte for byte. */
export interface Cis2Settings {
  issuer: string;
  authorizeUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
  jwksUrl: string;
  /** The platform as a client of CIS2. */
  clientId: string;
  clientSecret: string;
  /** `auth_provider` of the tokens that come from it. */
  providerName: 'nhs-cis2' | 'apim-mock-nhs-cis2';
  /** The published platform sends neither. Absent: where the provider's metadata lists S256. */
  sendNonceAndPkce?: boolean | undefined;
}

/** The provider that signs citizens in. Without a secret the platform signs its client assertion with RS512. */
export interface NhsLoginSettings {
  issuer: string;
  authorizeUrl: string;
  tokenUrl: string;
  jwksUrl: string;
  clientId: string;
  clientSecret?: string;
  providerName: 'nhs-login' | 'apim-mock-nhs-login';
  /** As at CIS2. */
  sendNonceAndPkce?: boolean | undefined;
}

/** One base path at which the service answers, bound to its profile and its providers. */
export interface BasePath {
  /** `/oauth2`, `/oauth2-mock`, `/oauth2.1`; products name it without the slash. */
  path: string;
  profile: 'nhs' | 'standard';
  /** `internal-dev` adds `sid` to the answer of the code grant. */
  environment: string;
  cis2: Cis2Settings;
  nhsLogin?: NhsLoginSettings;
  /** Providers beside these two whose ID and logout tokens count as well, by their issuer: a mock has many realms. */
  others?: (issuer: string) => { cis2: Cis2Settings } | { nhsLogin: NhsLoginSettings } | undefined;
  options?: HardeningOptions | undefined;
  /** Limits of all clients together; none unless configured. */
  limits?: RateLimits | undefined;
}

/** What the authorisation service is built from. Each of its parts names the few of these that it uses. */
export interface AuthorisationDependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  products: Products;
  tokens: Tokens;
  /** Service `authorisation`: client assertions towards a provider, JWT access tokens, the key set of the standard profile. */
  keys: SigningKeys;
  vault: Vault;
  recorder: Recorder;
  audit: AuditLog;
  background: Background;
  log: Log;
  urls: Urls;
  /** Lets requests shorten lifetimes, and registered key sets stand at private addresses. */
  development: boolean;
  bases: readonly BasePath[];
  /** Role ids of a person from our own CIS, for an exchanged ID token that names no role; undefined when it does not know the person. */
  roleSource?: (uid: string) => Promise<string[] | undefined>;
  /** A person of our own CIS, for minted tokens; undefined when it does not know the uid. Without it nothing is minted. */
  personSource?: (uid: string) => Promise<Person | undefined>;
  /** What userinfo says of such a person, for minted tokens; undefined when it does not know the uid. */
  userinfoSource?: (uid: string) => Promise<Record<string, unknown> | undefined>;
  /** The secret that the console shows; without it the console is not answered. */
  consoleSecret?: string;
  /** Authorities whose client certificates count for `tls_client_auth` (RFC 8705 section 2.1); none unless configured. */
  clientAuthorities?: readonly X509Certificate[];
  /** What those have revoked; not looked up where there is none. */
  clientRevocations?: ClientRevocations | undefined;
  /** Origin of the platform for clients with a certificate, where it is another one (RFC 8705 section 5). */
  mutualTlsUrl?: string | undefined;
  /** Of unproven requests; the defaults when absent. */
  networkLimits?: NetworkLimits | undefined;
  /** Header `apikey` of `/_status`; everybody may ask when there is none. */
  statusApiKey?: string;
}
