import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256, type Vault } from '@alongside/kernel/secrets';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { PendingEnrolment } from './enrolment.ts';

const kindOfValue = 'cis2-enrolment';
/** Name of the key under which secrets between two pages are sealed. */
const purpose = 'cis2-enrolment';

export const enrolmentPath = (id: string, part = ''): string => `/enrolment/${id}${part && `/${part}`}`;

/** Enrolments under way: kept in storage, so that any process can go on with one, and bound to one browser. */
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

  /** Begins one: the write that keeps it, and the cookie for its browser. */
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

  /** The enrolment with this id, if it lives and the request comes from its browser. */
  async open(id: string, request: HttpRequest): Promise<PendingEnrolment | undefined> {
    const stored = await this.#singleUse.peek<PendingEnrolment>(kindOfValue, id);
    if (!stored) return undefined;
    const txn = readCookies(request.headers.cookie).get(this.#cookies.name(this.#cookieOf(stored)));
    if (txn === undefined || !equalSecrets(sha256(txn), stored.txnHash)) return undefined;
    return { ...stored, kept: stored.kept === null ? null : this.#vault.open(purpose, stored.kept) };
  }

  /** Keeps a text for the next page; false when the enrolment ended meanwhile. */
  keep(pending: PendingEnrolment, text: string): Promise<boolean> {
    const stored = { ...pending, kept: this.#vault.seal(purpose, text) };
    return this.#singleUse.replace(kindOfValue, pending.id, stored);
  }

  /** The conditional write that ends it: one end only. */
  endStatement({ id }: PendingEnrolment): Statement {
    return this.#singleUse.spendStatement(kindOfValue, id);
  }

  /** Set-Cookie value that takes its cookie away. */
  clearedCookie(pending: PendingEnrolment): string {
    return this.#cookies.clear(this.#cookieOf(pending));
  }

  #cookieOf({ tag }: Pick<PendingEnrolment, 'tag'>): string {
    return `enrolment-${tag}`;
  }
}
