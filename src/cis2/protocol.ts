/** What the console asks of CIS2, over HTTP with the secret of the two. Both ends take their words from here. */

/** Everything that the console asks stands below this. */
export const consolePrefix = '/cis2/';

/** Addresses below the origin of CIS2. A person is named by uid. */
export const consolePaths = {
  authenticators: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/authenticators`,
  authenticator: (uid: string, id: string) =>
    `/cis2/people/${encodeURIComponent(uid)}/authenticators/${encodeURIComponent(id)}`,
  enrolments: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/enrolments`,
  /** `GET`, with `?uid=` for one person's. */
  sessions: '/cis2/sessions',
  /** `DELETE`: 204, or 404 when no live session has this sid. */
  session: (sid: string) => `/cis2/sessions/${encodeURIComponent(sid)}`,
  /** `GET`, with `?since=` an ISO time. */
  deliveries: '/cis2/deliveries',
  /** `POST`: 200 with the delivery after the attempt. */
  sendDelivery: (id: string) => `/cis2/deliveries/${encodeURIComponent(id)}/send`,
  /** `POST`, answered by 201: what a supplier registers clients with. */
  registrationTokens: '/cis2/registration-tokens',
} as const;

/** One way to sign in that a person has. Times are ISO 8601. */
export interface AuthenticatorAnswer {
  id: string;
  /** `security-key`, `windows-hello`, `passkey`, `totp`, `password`, `tablet`. */
  kind: string;
  /** What its owner calls it. */
  label: string;
  /** Authentication assurance level. */
  level: number;
  createdAt: string;
  usedAt: string | null;
  /** Development only: what signs in with it. `credential` is what `WebAuthn.addCredential` of the Chrome DevTools Protocol takes. */
  development?: { [name: string]: unknown };
}

/** `GET authenticators`. */
export interface AuthenticatorsAnswer {
  authenticators: AuthenticatorAnswer[];
}

/**
 * `POST enrolments`, answered by 201: a link for one person, used once. Refusals: 404 nobody has this uid, 422 no such kind,
 * 403 the officer may not.
 */
export interface EnrolmentRequest {
  kind: string;
  /** Uid of the officer who answers for it: a registration authority manager or agent. Development does without. */
  officer?: string;
}

export interface EnrolmentAnswer {
  url: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** `POST authenticators`, development only, answered by 201 with an `AuthenticatorAnswer`. What else it holds is the kind's own. */
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
  createdAt: string;
  activeAt: string;
  /** When it ends at the latest. */
  endsAt: string;
}

/** `GET sessions`: the newest first, 200 at most. */
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
  /** What came of the last attempt, such as `status 200`; empty before the first. */
  result: string;
  createdAt: string;
  triedAt: string | null;
  /** When it is tried next; null when it is not. */
  dueAt: string | null;
}

/** `GET deliveries`: the newest first, 200 at most; they are kept for seven days. */
export interface DeliveriesAnswer {
  deliveries: DeliveryAnswer[];
}

/** `POST registrationTokens`: `team` for the Connection Manager interface, `initial` for clients that register themselves. */
export interface RegistrationTokenRequest {
  kind: 'team' | 'initial';
  /** Id of the developer. */
  team: string;
  /** Of the clients that an initial access token allows; `standard` by default. */
  profile?: 'standard' | 'fapi2';
}

/** Shown once. */
export interface RegistrationTokenAnswer {
  token: string;
  /** ISO 8601. */
  expiresAt: string;
}
