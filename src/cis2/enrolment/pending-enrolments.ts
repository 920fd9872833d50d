import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256, type Vault } from '@alongside/kernel/secrets';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { PendingEnrolment } from './enrolment.ts';

/** An officer's link, by which a person sets up an authenticator. */
export interface EnrolmentLink {
  uid: string;
  kind: string;
  /** The person responsible, such as `ra:{uid}`. */
  actor: string;
  /** Milliseconds. */
  expiresAt: number;
}

const linkKind = 'cis2-enrolment-link';
/** In milliseconds. */
export const linkLifetime = 900_000;

export const linkPath = (token: string): string => `/enrol/${token}`;

/** One-time links, stored as hashes. */
export class EnrolmentLinks {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;

  constructor(singleUse: SingleUse, clock: Clock) {
    this.#singleUse = singleUse;
    this.#clock = clock;
  }

  /** Creates a link with its audit record. Its token is shown once. */
  async make(
    given: Omit<EnrolmentLink, 'expiresAt'>,
    record: Statement,
  ): Promise<{ token: string; expiresAt: number }> {
    const token = randomToken();
    const expiresAt = this.#clock.now() + linkLifetime;
    const link: EnrolmentLink = { ...given, expiresAt };
    await this.#singleUse.keep(linkKind, token, link, linkLifetime, record);
    return { token, expiresAt };
  }

  /** Returns an unused link. */
  find(token: string): Promise<EnrolmentLink | undefined> {
    return this.#singleUse.peek<EnrolmentLink>(linkKind, token);
  }

  /** Returns the conditional write that uses the link once. */
  useStatement(token: string): Statement {
    return this.#singleUse.spendStatement(linkKind, token);
  }
}

const kindOfValue = 'cis2-enrolment';
/** Purpose of the key that encrypts the text for the next page. */
const purpose = 'cis2-enrolment';

export const enrolmentPath = (id: string, part = ''): string => `/enrolment/${id}${part && `/${part}`}`;

/** Enrolments in progress. They are stored, so that any process can continue them, and bound to one browser. */
export class PendingEnrolments {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #cookies: CookieNames;
  readonly #vault: Vault;

  constructor(singleUse: SingleUse, clock: Clock, cookies: CookieNames, vault: Vault) {
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#cookies = cookies;
    this.#vault = vault;
  }

  /** Returns a new enrolment, the write that stores it and the cookie that binds it to the browser. */
  prepare(given: Omit<PendingEnrolment, 'id' | 'tag' | 'txnHash' | 'kept'>): {
    pending: PendingEnrolment;
    cookie: string;
    statement: Statement;
  } {
    const txn = randomToken();
    const pending: PendingEnrolment = {
      ...given,
      id: randomToken(),
      tag: randomToken(9),
      txnHash: sha256(txn),
      kept: null,
    };
    const lifetime = given.expiresAt - this.#clock.now();
    return {
      pending,
      cookie: this.#cookies.set(this.#cookieOf(pending), txn, Math.ceil(lifetime / 1000)),
      statement: this.#singleUse.keepStatement(kindOfValue, pending.id, pending, lifetime),
    };
  }

  /** Returns a live enrolment, if the request is from its browser. */
  async open(id: string, request: HttpRequest): Promise<PendingEnrolment | undefined> {
    const stored = await this.#singleUse.peek<PendingEnrolment>(kindOfValue, id);
    if (!stored) return undefined;
    const txn = readCookies(request.headers.cookie).get(this.#cookies.name(this.#cookieOf(stored)));
    if (txn === undefined || !equalSecrets(sha256(txn), stored.txnHash)) return undefined;
    return { ...stored, kept: stored.kept === null ? null : this.#vault.open(purpose, stored.kept) };
  }

  /** Stores a text for the next page. Returns false if the enrolment has ended. */
  keep(pending: PendingEnrolment, text: string): Promise<boolean> {
    const stored = { ...pending, kept: this.#vault.seal(purpose, text) };
    return this.#singleUse.replace(kindOfValue, pending.id, stored);
  }

  /** Returns the conditional write that ends the enrolment once. */
  endStatement({ id }: PendingEnrolment): Statement {
    return this.#singleUse.spendStatement(kindOfValue, id);
  }

  /** Returns the Set-Cookie value that removes the cookie. */
  clearedCookie(pending: PendingEnrolment): string {
    return this.#cookies.clear(this.#cookieOf(pending));
  }

  #cookieOf({ tag }: Pick<PendingEnrolment, 'tag'>): string {
    return `enrolment-${tag}`;
  }
}
