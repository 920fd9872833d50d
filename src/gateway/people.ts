import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';

/** The current state of a user in the directory. */
export interface PersonNow {
  disabled: boolean;
  roleIds: readonly string[];
  /** ODS code of the organisation of each role, by role id. */
  organisations?: Readonly<Record<string, string>>;
}

/** Looks up users who sign in at our own CIS2. */
export interface PeopleNow {
  /** Issuer of their ID tokens; users of other issuers are not looked up. */
  issuer: string;
  /** Returns undefined for a user who is no longer in the directory. */
  find(uid: string): Promise<PersonNow | undefined>;
}

interface CachedPerson {
  /** A promise until the directory has responded. */
  person: PersonNow | undefined | Promise<PersonNow | undefined>;
  until: number;
}

/** A user who has been removed from the directory, because it contained everyone who signed in at our CIS2. */
const removed: PersonNow = { disabled: true, roleIds: [] };

/**
 * Milliseconds for which a result is used, so that a change applies within a second, and for which a failing directory is not
 * called.
 */
const freshFor = 1_000;
const restFor = 5_000;
const maxKept = 10_000;

/** Looks up each user at most once a second, whatever the number of calls. */
export class People {
  readonly #source: PeopleNow;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #known = new Map<string, CachedPerson>();
  #restsUntil = 0;

  constructor(source: PeopleNow, clock: Clock, log: Log) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Returns the current user, with a removed one as disabled; undefined if the directory fails, in which case the state at
   * sign-in applies. Returns no promise for a user who is known.
   */
  find(issuer: string | undefined, uid: string): CachedPerson['person'] {
    const now = this.#clock.now();
    if (issuer !== this.#source.issuer || this.#rests(now)) return undefined;
    const before = this.#known.get(uid);
    if (before && now < before.until && before.until <= now + freshFor) return before.person;
    const person = this.#ask(uid);
    const cached: CachedPerson = { person, until: now + freshFor };
    void person.then((found) => {
      cached.person = found;
    });
    this.#known.delete(uid);
    this.#known.set(uid, cached);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKept) break;
      this.#known.delete(oldest);
    }
    return person;
  }

  /** A pause that ends later than possible is due to a clock that was set back. */
  #rests(now: number): boolean {
    return now < this.#restsUntil && this.#restsUntil <= now + restFor;
  }

  async #ask(uid: string): Promise<PersonNow | undefined> {
    try {
      return (await this.#source.find(uid)) ?? removed;
    } catch (error) {
      this.#restsUntil = this.#clock.now() + restFor;
      this.#log.warn({ reason: reasonOf(error) }, 'the directory does not answer; roles of sign-in hold');
      return undefined;
    }
  }
}
