import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Person } from '../cis/protocol.ts';
import type { Applications } from '../oauth/applications.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Products } from '../oauth/products.ts';
import type { Urls } from '../service.ts';
import type { Database } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';

/** What the mock is built from. Each of its parts names the few of these that it uses. */
export interface MockDependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  products: Products;
  /** Service `mock`: RS256, one set for all realms. */
  keys: SigningKeys;
  log: Log;
  recorder: Recorder;
  urls: Urls;
  /** Where CIS answers, and a secret with which the directory may be read. */
  cis: { url: string; secret: string };
  /** What `/mock-jwks/status-endpoint-api-key` hands out: the header `apikey` of `/_status`. */
  statusApiKey: string;
  /** Without it there is no mock. */
  development: boolean;
  /**
   * A care worker as CIS2 describes people: what an ID token says of the person beside the sign-in itself, and a complete userinfo
   * with `sub`. `selected_roleid` belongs into the ID token only of somebody with one role.
   */
  claimsOf: (person: Person) => { idToken: Record<string, unknown>; userinfo: Record<string, unknown> };
  /** Issuers by realm, where they are not the realm's address. */
  issuers?: Readonly<Record<string, string>>;
  /** Limits of unproven requests by network; the usual ones unless given. */
  networkLimits?: NetworkLimits | undefined;
}
