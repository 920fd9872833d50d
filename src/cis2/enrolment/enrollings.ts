import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256, type Vault } from '@alongside/kernel/secrets';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Enrolling } from './enrolment.ts';

const kindOfValue = 'cis2-enrolment';
/** Name of the key under which secrets between two pages are sealed. */
const purpose = 'cis2-enrolment';

export const enrolmentPath = (id: string, part = ''): string => `/enrolment/${id}${part && `/${part}`}`;

/** Enrolments under way: kept in storage, so that any process can go on with one, and bound to one browser. */
export class Enrollings {
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
  beginning(given: Omit<Enrolling, 'id' | 'tag' | 'txnHash' | 'kept'>): {
    enrolling: Enrolling;
    cookie: string;
    statement: Statement;
  } {
    const txn = randomToken();
    const enrolling: Enrolling = {
      ...given,
      id: randomToken(),
      tag: randomToken(9),
      txnHash: sha256(txn),
      kept: null,
    };
    const lifetime = given.expiresAt - this.#clock.now();
    return {
      enrolling,
      cookie: this.#cookies.set(this.#cookieOf(enrolling), txn, Math.ceil(lifetime / 1000)),
      statement: this.#singleUse.keeping(kindOfValue, enrolling.id, enrolling, lifetime),
    };
  }

  /** The enrolment with this id, if it lives and the request comes from its browser. */
  async open(id: string, request: HttpRequest): Promise<Enrolling | undefined> {
    const stored = await this.#singleUse.peek<Enrolling>(kindOfValue, id);
    if (!stored) return undefined;
    const txn = readCookies(request.headers.cookie).get(this.#cookies.name(this.#cookieOf(stored)));
    if (txn === undefined || !equalSecrets(sha256(txn), stored.txnHash)) return undefined;
    return { ...stored, kept: stored.kept === null ? null : this.#vault.open(purpose, stored.kept) };
  }

  /** Keeps a text for the next page; false when the enrolment ended meanwhile. */
  keep(enrolling: Enrolling, text: string): Promise<boolean> {
    const stored = { ...enrolling, kept: this.#vault.seal(purpose, text) };
    return this.#singleUse.replace(kindOfValue, enrolling.id, stored);
  }

  /** The conditional write that ends it: one end only. */
  ending({ id }: Enrolling): Statement {
    return this.#singleUse.spending(kindOfValue, id);
  }

  /** Set-Cookie value that takes its cookie away. */
  clearing(enrolling: Enrolling): string {
    return this.#cookies.clear(this.#cookieOf(enrolling));
  }

  #cookieOf({ tag }: Pick<Enrolling, 'tag'>): string {
    return `enrolment-${tag}`;
  }
}
