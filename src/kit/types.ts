// The public types of `alongside/testing`. They import nothing, so that the package declares them in one file.

/** Addresses of the parts of an instance, without a final slash. */
export interface Urls {
  readonly console: string;
  readonly api: string;
  /** Origin of the APIs that were added by their definition. */
  readonly apis: string;
  readonly cis2Issuer: string;
  readonly identityAgent: string;
  readonly cis: string;
  readonly sample: string;
}

export interface StartOptions {
  /** Further options of `alongside up`, such as `['--host', '0.0.0.0']`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Prints the log of the instance to standard error; by default only with the report of a failed test. */
  readonly log?: 'always' | 'on-failure';
  /** Milliseconds until it must be ready; 60,000 by default. */
  readonly timeout?: number;
}

/** Options of the fixtures for test runners. */
export interface FixtureOptions extends StartOptions {
  /** Uses the instance with this console instead of starting one, such as `process.env.ALONGSIDE_CONSOLE_URL` in `alongside exec`. */
  readonly attachTo?: string | undefined;
}

/** Answers at the desk: the PIN (123456 by default), and a role by id or code (the first by default). */
export interface DeskOptions {
  readonly pin?: string | undefined;
  readonly role?: string | undefined;
}

/** State of the Identity Agent at the desk. */
export interface AgentState {
  readonly state:
    | 'noCard'
    | 'pinRequested'
    | 'roleRequested'
    | 'signedIn'
    | 'locked'
    | 'blocked'
    | 'cardRejected';
  readonly person: { readonly uid: string; readonly displayName: string } | null;
  readonly role: {
    readonly roleId: string;
    readonly roleName: string;
    readonly orgCode: string;
    readonly orgName: string;
  } | null;
  readonly roles: readonly {
    readonly roleId: string;
    readonly roleName: string;
    readonly roleCode: string;
    readonly orgCode: string;
    readonly orgName: string;
  }[];
  readonly question: 'pin' | 'role' | 'signature' | null;
  /** Why a card was rejected or is blocked. */
  readonly reason: string | null;
}

/** A person to add: one role by `role`, or all with the members of the console API. */
export interface NewPerson {
  readonly uid?: string;
  readonly persona?: string;
  readonly givenName: string;
  readonly familyName: string;
  /** A job role by its code or name, such as `R8001` or `Nurse Access Role`. */
  readonly role?: string;
  /** The organisation of `role`: A9A5A by default. */
  readonly orgCode?: string;
  /** False adds the person without a smartcard. */
  readonly card?: boolean;
  readonly roles?: readonly {
    readonly orgCode: string;
    readonly roleCode: string;
    readonly roleName?: string;
  }[];
  readonly [member: string]: unknown;
}

export interface Person {
  readonly uid: string;
  readonly persona: string | null;
  readonly displayName: string;
  readonly [member: string]: unknown;
}

/** An application to register, with the members of the console API. */
export interface NewApplication {
  readonly name: string;
  readonly profile?: 'nhs' | 'standard' | 'fapi2';
  readonly platform?: {
    readonly callbackUrls?: readonly string[];
    readonly products?: readonly string[];
    readonly [member: string]: unknown;
  };
  readonly cis2?: { readonly redirectUris: readonly string[]; readonly [member: string]: unknown };
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** A registered client that signs assertions with RS512. */
export interface SigningClient {
  readonly clientId: string;
  readonly kid: string;
  /** PKCS#8 in PEM, or a key of `node:crypto`. */
  readonly privateKey: string | object;
}

/** A registered client with a secret, and one of its callback addresses. */
export interface CallbackClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

/** A registered application with its credentials. */
export interface Registration {
  readonly id: string;
  readonly platform: Credentials | null;
  readonly cis2: Credentials | null;
}

/** A document to sign: base64 of its bytes, with an id of your own if you want it back. */
export type Document = string | { readonly id: string; readonly payload: string };

export interface SignOptions {
  /** RSA with SHA-256 by default; RS1 is SHA-1. */
  readonly algorithm?: 'RS256' | 'RS1';
  /** PIN of the card; `123456` by default. */
  readonly pin?: string;
}

/** The answer of the signing service: base64, one certificate for all. */
export interface SignedDocuments {
  readonly signatures: readonly { readonly id: string; readonly signature: string }[];
  readonly certificate: string;
}

export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: string | number;
  readonly refresh_token?: string;
  readonly [member: string]: unknown;
}

/** One arrow of a sign-in journey; docs/journey.md lists the names. */
export interface AlongsideEvent {
  readonly seq: number;
  readonly journey: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Why a request was refused. */
export interface Refusal {
  readonly error: string;
  readonly status: number;
  readonly description: string;
  readonly detail: string;
  readonly fix: string;
  readonly actor: string;
  readonly source: string;
  readonly [member: string]: unknown;
}

/** The page at the end of all redirects, in a browser without a window. */
export interface Shown {
  readonly status: number;
  readonly url: string;
  readonly text: string;
  /** Every address that it requested on the way. */
  readonly hops: readonly string[];
}

/** A browser without a window: cookies, redirects, and forms that submit themselves. It runs no script. */
export interface PlainBrowser {
  /**
   * Navigates to an address; with `method: 'POST'`, posts a form. Link and form are those of the page that it shows, so its own
   * origin gets `Origin`, `Sec-Fetch-Site: same-origin` and all cookies. Before the first page, they are of another site.
   */
  goto(url: string, init?: Navigation): Promise<Shown>;
}

/** How a browser without a window navigates. */
export interface Navigation {
  readonly method?: 'GET' | 'POST' | undefined;
  /** Fields of the form, as `application/x-www-form-urlencoded`. */
  readonly body?: string | undefined;
  /** Link or form of another site, which gets no `SameSite=Lax` cookie with a form. */
  readonly crossSite?: boolean | undefined;
}

interface ElementLike {
  fill(value: string): Promise<void>;
  check(): Promise<void>;
  click(): Promise<void>;
}

/** The part of Playwright's `Page` that `signIn` uses. */
export interface PageLike {
  goto(url: string): Promise<unknown>;
  url(): string;
  $(selector: string): Promise<ElementLike | null>;
  waitForNavigation(): Promise<unknown>;
}

/** The time of an instance, also as `Clock` of `@alongside/client`. */
export interface FollowingClock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The clock of an instance. */
export interface TestClock extends FollowingClock {
  advance(seconds: number): Promise<void>;
  set(at: Date): Promise<void>;
  /** Returns to real time. */
  real(): Promise<void>;
}

/** Milliseconds from `start()`; null for an attached instance and until it happens. */
export interface Timings {
  readonly ready: number | null;
  /** The end of the first `desk()` or `signIn()`. */
  readonly signedIn: number | null;
}

/** A running instance. `await using` stops it. */
export interface Alongside extends AsyncDisposable {
  readonly urls: Urls;
  /** Newest lines of its log, JSON each; empty for an attached instance. */
  readonly log: readonly string[];
  readonly timings: Timings;
  readonly clock: TestClock;
  /** Inserts the card of a person (persona, uid, name or serial), enters the PIN and selects a role. */
  desk(who: string, options?: DeskOptions): Promise<AgentState>;
  readonly card: { insert(who: string): Promise<void>; remove(): Promise<void> };
  readonly people: {
    /** Adds a person with a card. */
    add(person: NewPerson): Promise<Person>;
    remove(uid: string): Promise<void>;
  };
  readonly faults: {
    on(
      name: string,
      options?: { readonly next?: number; readonly after?: number; readonly probability?: number },
    ): Promise<void>;
    off(name: string): Promise<void>;
  };
  /** Registers an application. */
  application(options: NewApplication): Promise<Registration>;
  /** Issues tokens as a sign-in of this person would, to test an API alone. */
  tokens(person: string, application?: string): Promise<TokenResponse>;
  /** Requests tokens for an application itself with a signed assertion; by default for one with all APIs. */
  applicationTokens(client?: SigningClient): Promise<TokenResponse>;
  /** Signs a citizen in, by NHS number, at the mock of NHS login; by default for an application with all APIs. */
  citizenTokens(nhsNumber: string, client?: CallbackClient): Promise<TokenResponse>;
  /**
   * Signs documents as this person at the signing service: request, presence check with card and PIN, and signatures.
   * @throws OperatorError if it is refused or declined
   */
  sign(person: string, documents: readonly Document[], options?: SignOptions): Promise<SignedDocuments>;
  browser(): PlainBrowser;
  /** Opens an address in Playwright's page, chooses the smartcard and answers the pages for PIN and role, if they are shown. */
  signIn(page: PageLike, url: string, options?: DeskOptions): Promise<void>;
  /** Resolves with the first event from now on that has this name or passes this check. */
  waitFor(
    event: string | ((event: AlongsideEvent) => boolean),
    options?: { readonly timeout?: number },
  ): Promise<AlongsideEvent>;
  /** Explains a refused request by its message id, `X-Request-ID` or `X-Correlation-ID`. */
  explain(id: string): Promise<Refusal>;
  /** Describes times, refused requests, the last journey and the end of the log, for the output of a failed test: since `tidy()`. */
  report(): Promise<string>;
  /** Begins the part that `report()` describes; by default it is everything since the start. */
  beginReport(): Promise<void>;
  /** Calls the console API, such as `call('GET', '/sessions')`; throws unless it succeeds. */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T>;
  /** Removes the card, switches all faults off, returns to real time and begins the report. People, applications and sessions stay. */
  tidy(): Promise<void>;
  /** Restores the seeded data and real time; registered applications are gone. */
  reset(): Promise<void>;
  /** Addresses and credentials, as `alongside status --env` prints them. */
  env(): Promise<Record<string, string>>;
  /** Stops it, unless it was only attached. */
  stop(): Promise<void>;
}
