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

/** The services and settings of CIS2. Each folder declares those that it uses. */
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
  /** The issuer, unchanged byte for byte, also with an explicit default port. Browsers find CIS2 at its origin. */
  issuer: string;
  development: boolean;
  /** Faults that developers inject; undefined outside development. */
  faults?: Faults | undefined;
  /** The address of CIS and the secret for it. */
  cis: CisAccess;
  /** The secret that CIS presents at `POST /agent/session-ended`. */
  cisSecret: string;
  /** The secret of the console at `/cis2/people`. The console API is off without it. */
  consoleSecret?: string;
  /** Whether users may change their authenticators at `/account`; true by default. */
  selfService?: boolean;
  /** The WebAuthn credentials of level 3; in development, Chromium's virtual authenticator. */
  webAuthn?: WebAuthnSettings;
  /** Networks in which a workstation and a tablet count as near each other, besides a shared address. */
  tabletNetworks?: Networks;
  /** External OpenID providers for sign-in; none by default. */
  providers?: readonly FederatedProvider[];
  /** Back-channel logout address of the API platform, which is notified of every ended session. */
  platformLogout?: string;
  /** Client id of the API platform, the audience of its logout tokens. */
  platformClientId?: string;
  /** Client id of the signing service, which names its application too. */
  signingClientId?: string;
  /** Address of the Identity Agent for browsers. */
  agentUrl: string;
  /** Origin of the endpoints for clients with a certificate (RFC 8705 section 5), if there is one. */
  mutualTlsUrl?: string | undefined;
  /** Issuers of the certificates of `tls_client_auth`; none by default. */
  clientAuthorities?: readonly X509Certificate[];
  /** Certificates that they revoked; not checked by default. */
  clientRevocations?: ClientRevocations | undefined;
  /** Limits for unauthenticated requests; defaults apply if absent. */
  networkLimits?: NetworkLimits | undefined;
  /** Whether clients may register themselves (RFC 7591); off by default. */
  dynamicRegistration?: boolean;
  /** Whether DPoP proofs must contain a server nonce (RFC 9449 section 8); off by default. */
  dpopNonces?: boolean;
  /** `ask` by default. */
  afterSignOut?: AfterSignOut;
  /** Whether users confirm a client that any local user may be; on by default. */
  confirmNative?: boolean;
  /** `ask` by default. */
  signOutWithoutSession?: SignOutWithoutSession;
  /** Whether an idle session ends and its relying parties are notified; on by default. */
  idleSignOut?: boolean;
  /** Members that replace those of the discovery document. `undefined` removes one. */
  discovery?: Record<string, unknown>;
  /** ForgeRock's own claims in ID tokens of `nhs` clients; on by default. */
  forgeRockClaims?: boolean;
  /** Assurance levels as numbers instead of strings; off by default. */
  assuranceAsNumbers?: boolean;
}
