import type { AdjustableClock } from '@alongside/kernel/clock';
import type { JsonWebKey } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Sample } from '@alongside/kernel/metrics';
import type { PeerUser } from '@alongside/kernel/peer-user';
import type { ApiDraft, ApiDraftPatch, ApiReport, ListedApi } from '../../gateway/protocol.ts';
import type { JourneyReader } from '../../journeys/model.ts';
import type { Applications } from '../../oauth/applications.ts';
import type { Developers } from '../../oauth/developers.ts';
import type { NetworkLimits } from '../../oauth/network-limit.ts';
import type { Products } from '../../oauth/products.ts';
import type { Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import type { StoredEvents } from '../../storage/events.ts';
import type { Faults, NamedFault } from '../../storage/faults.ts';
import type { Refusals } from '../../storage/refusals.ts';
import type { Settings } from '../../storage/settings.ts';
import type { LocalAgent } from './agent.ts';
import type { Approvals } from './approvals.ts';
import type { Changes } from './changes.ts';
import type { ScopedDirectory } from './directory/scoped.ts';
import type { Neighbour, NeighbourAddress } from './neighbour.ts';
import type { OpenedJourneys } from './opened-journeys.ts';
import type { PatientRegister } from './patient-register.ts';

/** Services with signing keys. */
export const keyServices = ['cis2', 'authorisation', 'cis'] as const;
export type KeyService = (typeof keyServices)[number];

/** The parts of storage that a reset restores. `history`: sessions, tokens, mail and journeys; `people` with their cards. */
export const storedParts = ['history', 'people', 'applications', 'patients', 'apis'] as const;
export type StoredPart = (typeof storedParts)[number];

/** Public keys that testers add to a mock realm, to sign ID and logout tokens themselves. Refusals reach the caller. */
export interface RealmKeySets {
  list(realm: string): Promise<JsonWebKey[]>;
  add(realm: string, jwk: unknown): Promise<JsonWebKey>;
  remove(realm: string, kid: string): Promise<boolean>;
}

interface Citizen {
  nhsNumber: string;
  proofing: 'P0' | 'P5' | 'P9';
  givenName: string;
  familyName: string;
  birthdate: string;
  email?: string | undefined;
}

/** Citizens that testers add to the mock realms. */
export interface CitizenRegister {
  list(): Promise<Citizen[]>;
  put(citizen: Citizen): Promise<void>;
  remove(nhsNumber: string): Promise<boolean>;
}

/** The APIs behind the gateway. Methods that read a draft throw DefinitionError if it cannot be used. */
export interface Apis {
  list(): Promise<ListedApi[]>;
  get(name: string): Promise<(ApiReport & { revision: number }) | undefined>;
  source(name: string): Promise<ApiDraft | undefined>;
  examples(name: string): Promise<object[]>;
  check(draft: ApiDraft): Promise<ApiReport>;
  add(draft: ApiDraft, others: (name: string) => Statement[]): Promise<ApiReport>;
  change(
    name: string,
    patch: ApiDraftPatch,
    check: (revision: number) => void,
    ...others: Statement[]
  ): Promise<(ApiReport & { revision: number }) | undefined>;
  remove(name: string, ...others: Statement[]): Promise<boolean>;
  setSecret(name: string, value: string | null, ...others: Statement[]): Promise<void>;
  drafts(): Promise<ApiDraft[]>;
  /** Resolves with a function that replaces all of them. */
  prepareReplacement(drafts: readonly ApiDraft[]): Promise<() => Promise<void>>;
}

/** Everything that the console needs from the installation. */
export interface ConsoleDependencies {
  clock: AdjustableClock;
  database: Database;
  settings: Settings;
  audit: AuditLog;
  events: StoredEvents;
  journeys: JourneyReader;
  refusals: Refusals;
  /** Calls the listener for each event that this process stores. Returns a function that stops it. */
  listenEvents: (listener: () => void) => () => void;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  keys: Record<KeyService, SigningKeys>;
  log: Log;
  /** The current values of the metrics; those of requests only while this process measures them. */
  figures: () => Promise<{ samples: readonly Sample[]; measuresRequests: boolean }>;
  urls: Urls;
  cis2Issuer: string;
  version: string;
  /** False in production, where administrators must sign in and resources for development are absent. */
  development: boolean;
  /** SHA-256 of the access token for commands on this machine; production only. */
  operatorHash?: string;
  /** Limits on unproven requests. */
  networkLimits?: NetworkLimits | undefined;
  cis: NeighbourAddress;
  authorisation?: NeighbourAddress;
  cis2?: NeighbourAddress;
  /** Path of the local agent's socket; null without an agent. */
  agentSocket: string | null;
  /** The records of the PDS. */
  patients: PatientRegister;
  /** Restores these parts of the seed data in storage. */
  reset: (parts: readonly StoredPart[]) => Promise<void>;
  /** Keys of the mock realms; development only. */
  realmKeys?: RealmKeySets;
  /** Citizens of the mock realms; development only. */
  citizens?: CitizenRegister;
  apis: Apis;
  /** Names that a product can hold besides those of the APIs: base paths of the platform itself. */
  platformApis: readonly string[];
  /** All faults that can be injected. */
  namedFaults: readonly NamedFault[];
  /** The accepted values of the Host header. */
  allowedHosts: readonly string[];
  /** Restricts local users in development. */
  peerUser: PeerUser;
}

/** The dependencies of resources and sections, with a client for each neighbour instead of its address. */
export interface ConsoleContext extends Omit<ConsoleDependencies, 'cis' | 'cis2' | 'authorisation'> {
  changes: Changes;
  /** Opens journeys from files. `journeys` finds them too. */
  openedJourneys: OpenedJourneys;
  approvals: Approvals;
  cis: ScopedDirectory;
  cis2: Neighbour;
  platform: Neighbour;
  agent: LocalAgent;
  faults: Faults;
}
