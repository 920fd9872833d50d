import type { Clock } from '@alongside/kernel/clock';
import type { CookieNames } from '@alongside/kernel/cookies';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { RemoteKeys } from '../../oauth/remote-keys.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials } from '../model/credentials.ts';
import type { Interactions } from '../model/interactions.ts';
import type { LimitRows } from '../model/limit-rows.ts';
import type { Authenticator } from '../sign-in/authenticator.ts';
import type { Bring } from '../sign-in/bring.ts';
import { callbackRoute } from './federated/callback.ts';
import { federatedEnrolment } from './federated/enrolment.ts';
import { Federation } from './federated/federation.ts';
import type { FederatedProvider } from './federated/provider.ts';
import { federated } from './federated/sign-in.ts';
import { providerPolicy, Upstream } from './federated/upstream.ts';
import { passwordEnrolment } from './password/enrolment.ts';
import { password, passwordKind } from './password/sign-in.ts';
import { persona } from './persona/sign-in.ts';
import { guesses } from './shared/tries.ts';
import { tabletEnrolment } from './tablet/enrolment.ts';
import { HolderChecks } from './tablet/holder.ts';
import { type Networks, noNetworks } from './tablet/proximity.ts';
import { TabletRequests } from './tablet/requests.ts';
import { tabletRoutes } from './tablet/routes.ts';
import { tablet } from './tablet/sign-in.ts';
import { totpEnrolment } from './totp/enrolment.ts';
import { TotpGuesses } from './totp/guesses.ts';
import { KnownBrowsers } from './totp/known-browsers.ts';
import { totp, totpKind } from './totp/sign-in.ts';
import type { Ceremony } from './webauthn/ceremony.ts';

interface Given {
  issuer: string;
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  vault: Vault;
  cis: CisClient;
  interactions: Interactions;
  credentials: Credentials;
  cookies: CookieNames;
  recorder: Recorder;
  audit: AuditLog;
  log: Log;
  bring: Bring;
  urls: { cis2: string };
  tabletNetworks?: Networks;
  providers?: readonly FederatedProvider[];
  /** Absent where browsers have no WebAuthn for us. */
  ceremony: Ceremony | undefined;
  limitRows: LimitRows;
  development: boolean;
}

/** Sign-ins at providers of others. */
function federationsOf({ providers = [], issuer, ...parts }: Given): Federation[] {
  const keys = new RemoteKeys(parts.clock, providerPolicy);
  const { origin } = new URL(issuer);
  return providers.map(
    (provider) =>
      new Federation(new Upstream(provider, parts.clock, parts.development, origin), { ...parts, keys }),
  );
}

/** The ways to sign in beside smartcard and WebAuthn, to be given one, and what of them has addresses of its own. */
export function otherWays(given: Given): {
  authenticators: Authenticator[];
  /** Of the realm in which a password alone signs in. */
  passwordOnly: Authenticator[];
  enrolments: Enrolment[];
  routes: Route[];
} {
  const { database, clock, singleUse, cookies, vault, development } = given;
  const federations = federationsOf(given);
  const requests = new TabletRequests(database, singleUse, clock);
  const holders = new HolderChecks(given.ceremony, development);
  const known = new KnownBrowsers(cookies, vault);
  const parts = { ...given, requests, holders, networks: given.tabletNetworks ?? noNetworks };
  return {
    authenticators: [
      tablet(parts),
      totp({ ...parts, known, guesses: new TotpGuesses(database, clock, totpKind, known) }),
      ...federations.map((federation) => federated({ ...parts, federation })),
      ...(development ? [persona(parts)] : []),
    ],
    passwordOnly: development
      ? [password({ ...parts, guesses: guesses(database, clock, passwordKind) })]
      : [],
    enrolments: [
      tabletEnrolment(parts),
      totpEnrolment(parts),
      ...federations.map((federation) => federatedEnrolment({ ...parts, federation })),
      ...(development ? [passwordEnrolment(parts)] : []),
    ],
    routes: [...tabletRoutes(parts), callbackRoute(singleUse)],
  };
}
