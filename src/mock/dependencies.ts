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
  /** Address of CIS and a secret that may read its directory. */
  cis: { url: string; secret: string };
  /** Response of `/mock-jwks/status-endpoint-api-key`: the header `apikey` of `/_status`. */
  statusApiKey: string;
  /** False switches the mock off. */
  development: boolean;
  /**
   * Returns the claims of a care worker as CIS2 sends them: those of the ID token about the person, and a complete userinfo with
   * `sub`. The ID token has `selected_roleid` only for a person with one role.
   */
  claimsOf: (person: Person) => { idToken: Record<string, unknown>; userinfo: Record<string, unknown> };
  /** Limits of unauthenticated requests by network; the usual ones by default. */
  networkLimits?: NetworkLimits | undefined;
}
