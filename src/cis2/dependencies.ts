import type { X509Certificate } from 'node:crypto';
import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Applications } from '../oauth/applications.ts';
import type { ClientRevocations } from '../oauth/client-revocations.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Faults } from '../storage/faults.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { FederatedProvider } from './authenticators/federated/provider.ts';
import type { Networks } from './authenticators/tablet/requests.ts';
import type { WebAuthnSettings } from './authenticators/webauthn/policy.ts';
import type { CisAccess } from './model/cis-client.ts';
import type { AfterSignOut, SignOutWithoutSession } from './model/session.ts';

/** What CIS2 is built from. Each of its parts names the few of these that it uses. */
export interface Cis2Dependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  tokens: Tokens;
  /** Service `cis2`: RS256 for tokens, ES256 for hand-off requests. */
  keys: SigningKeys;
  vault: Vault;
  audit: AuditLog;
  recorder: Recorder;
  background: Background;
  log: Log;
  urls: Urls;
  /** Used byte for byte, also with an explicit default port. Its origin is where browsers find CIS2. */
  issuer: string;
  development: boolean;
  /** What developers have switched on; nothing is ever wrong without it. */
  faults?: Faults | undefined;
  /** Where CIS answers, and the secret that CIS2 shows it. */
  cis: CisAccess;
  /** The secret that CIS shows at `POST /agent/session-ended`. */
  cisSecret: string;
  /** The secret that the console shows at `/cis2/people`; without one nobody may call there. */
  consoleSecret?: string;
  /** Whether people change their authenticators at `/account`; they do by default. */
  selfService?: boolean;
  /** Which WebAuthn credentials count as the third level; in development Chromium's virtual authenticator. */
  webAuthn?: WebAuthnSettings;
  /** Networks in which desks and tablets are held to be near each other, beside those that share an address. */
  tabletNetworks?: Networks;
  /** OpenID providers of others at which people may sign in; none by default. */
  providers?: readonly FederatedProvider[];
  /** Back-channel logout address of the API platform, which is told of every session. */
  platformLogout?: string;
  /** The API platform as a relying party: the audience of what it is told. */
  platformClientId?: string;
  /** Address of the Identity Agent as browsers reach it. */
  agentUrl: string;
  /** Origin at which clients with a certificate find the same endpoints (RFC 8705 section 5); absent where there is none. */
  mutualTlsUrl?: string | undefined;
  /** Who issues the certificates of `tls_client_auth`; nobody by default. */
  clientAuthorities?: readonly X509Certificate[];
  /** What those have revoked; not looked up where there is none. */
  clientRevocations?: ClientRevocations | undefined;
  /** Of unproven requests; the defaults when absent. */
  networkLimits?: NetworkLimits | undefined;
  /** Whether clients may register themselves (RFC 7591); off by default. */
  dynamicRegistration?: boolean;
  /** Whether DPoP proofs must carry a nonce of ours (RFC 9449 section 8); off by default. */
  dpopNonces?: boolean;
  /** `ask` by default. */
  afterSignOut?: AfterSignOut;
  /** `ask` by default. */
  signOutWithoutSession?: SignOutWithoutSession;
  /** Whether a session that nobody uses ends and its relying parties are told; on by default. */
  idleSignOut?: boolean;
  /** Members that replace those of the discovery document; `undefined` removes one. */
  discovery?: Record<string, unknown>;
  /** ForgeRock's own claims in ID tokens of `nhs` clients; on by default. */
  forgeRockClaims?: boolean;
  /** Assurance levels as numbers instead of strings; off by default. */
  assuranceAsNumbers?: boolean;
}
