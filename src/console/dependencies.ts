import type { AdjustableClock } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { PeerUser } from '@alongside/kernel/peer-user';
import type { Applications } from '../oauth/applications.ts';
import type { Developers } from '../oauth/developers.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Products } from '../oauth/products.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { StoredEvents } from '../storage/events.ts';
import type { NamedFault } from '../storage/faults.ts';
import type { Refusals } from '../storage/refusals.ts';
import type { Settings } from '../storage/settings.ts';
import type { CitizenRegister } from './resources/citizens.ts';
import type { RealmKeySets } from './resources/realm-keys.ts';

/** The services whose signing keys the console shows and rotates. */
export const keyServices = ['cis2', 'authorisation', 'cis'] as const;
export type KeyService = (typeof keyServices)[number];

/** What the console is built from. Each of its resources names the few of these that it uses. */
export interface ConsoleDependencies {
  clock: AdjustableClock;
  database: Database;
  settings: Settings;
  audit: AuditLog;
  events: StoredEvents;
  refusals: Refusals;
  /** Calls back for each event that this process has kept; returns how to stop. */
  listenEvents: (listener: () => void) => () => void;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  keys: Record<KeyService, SigningKeys>;
  log: Log;
  urls: Urls;
  cis2Issuer: string;
  version: string;
  /** In production administrators sign in, and there is nothing that only development needs. */
  development: boolean;
  /** SHA-256 of the access token by which the commands of this machine are let in, in production. */
  operatorHash?: string;
  /** Of unproven requests; the defaults when absent. */
  networkLimits?: NetworkLimits | undefined;
  /** Where CIS answers, and the secret that the console shows it. */
  cis: { url: string; secret: string };
  /** Where the authorisation service answers, and the secret that the console shows it; undefined where there is none. */
  authorisation?: { url: string; secret: string };
  /** The same for CIS2. */
  cis2?: { url: string; secret: string };
  /** The local socket of the agent of this machine; null where there is none. */
  agentSocket: string | null;
  /** Brings storage back to the seed. */
  reset: () => Promise<void>;
  /** The keys of the mock realms, where there are any. */
  realmKeys?: RealmKeySets;
  /** The citizens of the mock realms, where there are any. */
  citizens?: CitizenRegister;
  /** The APIs that products can hold to any effect, by base path. */
  productApis: readonly string[];
  /** Every fault that some part knows how to have. */
  namedFaults: readonly NamedFault[];
  /** Values of `Host` that are answered, exactly. */
  allowedHosts: readonly string[];
  /** Who may connect, in development. */
  peerUser: PeerUser;
}
