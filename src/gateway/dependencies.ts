import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { RefusalRecorder } from '@alongside/kernel/refusals';
import type { Vault } from '@alongside/kernel/secrets';
import type { Applications } from '../oauth/applications.ts';
import type { Developers } from '../oauth/developers.ts';
import type { ProofNonces } from '../oauth/dpop.ts';
import { NetworkLimit, type NetworkLimits, networkLimits } from '../oauth/network-limit.ts';
import type { Products, RateLimits } from '../oauth/products.ts';
import { RateLimiter } from '../oauth/rate-limits.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Urls } from '../service.ts';
import type { SigningBackEnd } from '../signing/protocol.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Faults } from '../storage/faults.ts';
import type { Derived } from '../storage/seldom-rows.ts';
import { SingleUse } from '../storage/single-use.ts';
import { type RegisteredApplication, registeredApplications } from './access.ts';
import type { PatientRecord } from './apis/pds/patient.ts';
import { OpenCalls } from './open-calls.ts';
import { People, type PeopleNow } from './people.ts';

export interface GatewayOptions {
  /** The published rule: a valid token without any of the API's scopes is application-restricted. Off by default. */
  legacyDefaultMode: boolean;
  /** Whether an application needs the attribute `asid` for APIs that use it. */
  requireAsid: boolean;
  /** Whether the PDS is also served without tokens, with separate records; development only. */
  sandbox?: boolean;
  /** Whether pages of public clients may call the APIs; off by default. */
  cors?: boolean;
  /** Limits of an API for all its clients together, by its name; none by default. */
  apiLimits?: Readonly<Record<string, RateLimits>>;
}

export interface Dependencies {
  clock: Clock;
  database: Database;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  recorder: Recorder;
  /** Keeps how calls differ from the definition of their API, for `explain`. */
  refusals: RefusalRecorder;
  audit: AuditLog;
  log: Log;
  urls: Urls;
  development: boolean;
  /** Patients to store in the PDS at the start, if their numbers are free. */
  patients?: Iterable<PatientRecord>;
  /** Looks up roles and accounts during a session; without it, those of the sign-in apply. */
  people?: PeopleNow;
  /** Origin of mutual TLS, if any, which a proof may name as well. */
  mutualTlsUrl?: string | undefined;
  /** The same of the APIs by definition, where they have an origin of their own. */
  apisMutualTlsUrl?: string | undefined;
  /** Nonces of DPoP proofs; without it, proofs need none (RFC 9449 section 9). */
  proofNonces?: ProofNonces;
  /** Header `apikey` of `/_status`; by default a generated key in storage. */
  statusApiKey?: string | undefined;
  /** Opens the secrets of upstreams and sealed ID tokens; without it, neither is sent. */
  vault?: Vault;
  /** Signs the identity of callers for back ends, with the keys of `/oauth2.1/jwks`; without it, no API has signed identities. */
  identitySigner?: TokenSigner;
  /** Faults for developers; undefined in production. */
  faults?: Faults | undefined;
  /** Limits of unauthenticated requests by network; the usual ones by default. */
  networkLimits?: NetworkLimits | undefined;
  /** The signing service of this process. */
  signing: { readonly api: SigningBackEnd; readonly sandbox: SigningBackEnd };
  options: GatewayOptions;
}

/** The dependencies of the rules, created once for all APIs. */
export interface Gateway extends Dependencies {
  /** Applications by id, with the access that their scopes give. */
  registered: Derived<RegisteredApplication | undefined>;
  limiter: RateLimiter;
  /** Counts wrong API keys by network. */
  keyFailures: NetworkLimit;
  singleUse: SingleUse;
  /** Undefined if roles and accounts of the sign-in apply. */
  directory: People | undefined;
  /** Streaming responses, which end with their tokens. */
  openCalls: OpenCalls;
}

export function gatewayOf(dependencies: Dependencies): Gateway {
  const { database, clock, people, log } = dependencies;
  const { failures } = dependencies.networkLimits ?? networkLimits.parse({});
  const registered = registeredApplications(dependencies);
  const directory = people && new People(people, clock, log);
  return {
    ...dependencies,
    registered,
    limiter: new RateLimiter(database, clock),
    keyFailures: new NetworkLimit(dependencies, 'client-authentication', failures),
    singleUse: new SingleUse(database, clock),
    directory,
    openCalls: new OpenCalls({ ...dependencies, registered, directory }),
  };
}
