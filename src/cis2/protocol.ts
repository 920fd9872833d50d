/** The HTTP interface of CIS2 for the console, which presents a shared secret. */
import type { TrialReport } from '@alongside/kernel/trial';

/** Paths below the origin of CIS2. A person is named by uid. */
export const consolePaths = {
  authenticators: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/authenticators`,
  authenticator: (uid: string, id: string) =>
    `/cis2/people/${encodeURIComponent(uid)}/authenticators/${encodeURIComponent(id)}`,
  enrolments: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/enrolments`,
  /** `GET`, with `?uid=` for the sessions of one person. */
  sessions: '/cis2/sessions',
  /** `DELETE`: 204, or 404 if no live session has this sid. */
  session: (sid: string) => `/cis2/sessions/${encodeURIComponent(sid)}`,
  /** `DELETE`: ends all sessions of a person; 200 with `{ended}`, their number. */
  sessionsOf: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/sessions`,
  /** `GET`, with `?since=` and an ISO time. */
  deliveries: '/cis2/deliveries',
  /** `POST`: 200 with the delivery after the attempt. */
  sendDelivery: (id: string) => `/cis2/deliveries/${encodeURIComponent(id)}/send`,
  /** `POST`: 201 with a token by which a supplier registers clients. */
  registrationTokens: '/cis2/registration-tokens',
  /** `POST` a `ValidateRequest`: 200 with a `ValidationAnswer`. */
  validate: '/cis2/validate',
} as const;

/** An authenticator of a person. Times are ISO 8601. */
export interface AuthenticatorAnswer {
  id: string;
  /** `security-key`, `windows-hello`, `passkey`, `totp`, `password`, `tablet`. */
  kind: string;
  /** The name that the owner gave it. */
  label: string;
  /** Authentication assurance level. */
  level: number;
  createdAt: string;
  usedAt: string | null;
  /** Development only: the data to sign in with it. `credential` is an argument of `WebAuthn.addCredential` (Chrome DevTools Protocol). */
  development?: { [name: string]: unknown };
}

/** `GET authenticators`. */
export interface AuthenticatorsAnswer {
  authenticators: AuthenticatorAnswer[];
}

/**
 * `POST enrolments`: 201 with a one-time link for one person. Errors: 404 for an unknown uid, 422 for an unknown kind, 403 if the
 * officer is not allowed.
 */
export interface EnrolmentRequest {
  kind: string;
  /** Uid of the responsible officer, a registration authority manager or agent. Optional in development. */
  officer?: string;
}

export interface EnrolmentAnswer {
  url: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** `POST authenticators`, in development only: 201 with an `AuthenticatorAnswer`. The other members depend on the kind. */
export interface AuthenticatorRequest {
  kind: string;
  [more: string]: unknown;
}

/** One live single sign-on session. Times are ISO 8601. */
export interface SessionAnswer {
  sid: string;
  uid: string;
  /** Id of the authenticator. */
  authenticator: string;
  /** `amr` values. */
  methods: string[];
  /** Authentication assurance level. */
  level: number;
  roleId: string | null;
  cisSessionId: string | null;
  /** Client ids of its relying parties. */
  clients: string[];
  /** Live tokens that end with the session, and the applications that have them. */
  tokens: { access: number; refresh: number; applications: string[] };
  createdAt: string;
  activeAt: string;
  /** End of its lifetime. */
  endsAt: string;
}

/** `GET sessions`: up to 200, the newest first. */
export interface SessionsAnswer {
  sessions: SessionAnswer[];
}

/** One back-channel logout message to one relying party. Times are ISO 8601. */
export interface DeliveryAnswer {
  id: string;
  sid: string;
  uid: string;
  clientId: string;
  address: string;
  /** Why the session ended. */
  cause: string;
  state: 'pending' | 'delivered' | 'givenUp';
  attempts: number;
  /** Result of the last attempt, such as `status 200`; empty before the first. */
  result: string;
  createdAt: string;
  triedAt: string | null;
  /** Time of the next attempt, or null. */
  dueAt: string | null;
}

/** `GET deliveries`: up to 200 of the last seven days, the newest first. */
export interface DeliveriesAnswer {
  deliveries: DeliveryAnswer[];
}

/** `POST registrationTokens`: `team` for the Connection Manager interface, `initial` for clients that register themselves. */
export interface RegistrationTokenRequest {
  kind: 'team' | 'initial';
  /** Id of the developer. */
  team: string;
  /** Profile of the clients that an initial access token registers; `standard` by default. */
  profile?: 'standard' | 'fapi2';
}

/** A token, shown once. */
export interface RegistrationTokenAnswer {
  token: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** A pasted text to validate, in one of the two members. Nothing is used up. */
export interface ValidateRequest {
  /** A client assertion. */
  assertion?: string;
  /** The query of an authorization request. */
  query?: string;
}

export type ValidationAnswer = TrialReport;

/** Paths below the issuer in ForgeRock's product. */
export const endpointPaths = {
  authorize: '/authorize',
  token: '/access_token',
  userinfo: '/userinfo',
  keys: '/connect/jwk_uri',
  /** An empty key set, for a fault. */
  noKeys: '/connect/no_keys',
  endSession: '/connect/endSession',
  revocation: '/token/revoke',
  introspection: '/introspect',
  pushed: '/par',
} as const;
