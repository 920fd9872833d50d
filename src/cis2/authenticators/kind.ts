import type { Clock } from '@alongside/kernel/clock';
import type { CookieNames } from '@alongside/kernel/cookies';
import type { Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Vault } from '@alongside/kernel/secrets';
import type { Applications } from '../../oauth/applications.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { BrowserMarks } from '../model/browser-marks.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials, Draft } from '../model/credentials.ts';
import type { Interactions, LimitRows } from '../model/interactions.ts';
import type { AfterSignOut, AuthenticationStrength } from '../model/session.ts';
import type { ReplyFrame } from '../responses/authorization-response.ts';
import type { Authenticator } from '../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../sign-in/complete-sign-in.ts';
import type { Finish } from '../sign-in/finish.ts';

/** The services of CIS2 for kinds. Each kind uses a few of them. */
export interface AuthenticatorDependencies extends ReplyFrame {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  keys: SigningKeys;
  vault: Vault;
  audit: AuditLog;
  cookies: CookieNames;
  cis: CisClient;
  cisUrl: string;
  credentials: Credentials;
  interactions: Interactions;
  limitRows: LimitRows;
  marks: BrowserMarks;
  finish: Finish;
  completeSignIn: CompleteSignIn;
  agentUrl: string;
  afterSignOut: AfterSignOut;
}

/** A kind of authenticator: one folder, and one line of the registry. `Settings` are its settings in the configuration. */
export interface AuthenticatorKind<Settings = unknown> {
  /**
   * The published levels and methods (`amr`), one method each. `acr_values`, the discovery document and the persona are
   * derived from them.
   */
  readonly reaches: readonly AuthenticationStrength[];
  /**
   * Methods with sessions that remain when the card is removed. CIS2 then enforces inactivity and looks the user up in the directory,
   * because CIS does not end these sessions.
   */
  readonly unwatchedMethods?: readonly string[];
  /** A class that all its methods meet, such as AAL3_SMARTCARD. */
  readonly family?: string;
  /** Creates it in development only. `password-realm` limits its authenticators to that realm. */
  readonly only?: 'development' | 'password-realm';
  create(given: AuthenticatorDependencies & Settings & { reaches: readonly AuthenticationStrength[] }): {
    authenticators: readonly Authenticator[];
    enrolments?: readonly Enrolment[];
    /** Routes outside its interactions and enrolments. Errors are pages unless the route overrides that. */
    routes?: readonly Route[];
  };
  /** Credentials of seeded users. */
  seed?(): readonly Draft[];
}
