import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';

/** What the directory says of a person now. */
export interface PersonNow {
  disabled: boolean;
  roleIds: readonly string[];
  /** ODS code of the organisation of each role, by role id. */
  organisations?: Readonly<Record<string, string>>;
}

/** Where people who sign in at our own CIS2 are looked up. */
export interface PeopleNow {
  /** Issuer of the ID tokens that speak of them; people of another issuer are not looked up. */
  issuer: string;
  /** Undefined for one whom the directory does not know any more. */
  find(uid: string): Promise<PersonNow | undefined>;
}

interface Known {
  person: Promise<PersonNow | undefined>;
  until: number;
}

/** Whoever left the directory signed in when they were in it, as nobody else can at our own CIS2. */
const removed: PersonNow = { disabled: true, roleIds: [] };

/** Milliseconds that an answer holds: a change is known within a second. And how long a directory that fails is left alone. */
const freshFor = 1_000;
const restFor = 5_000;
const mostKept = 10_000;

/** Asks for each person once a second at most, whatever the number of their calls. */
export class People {
  readonly #source: PeopleNow;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #known = new Map<string, Known>();
  #restsUntil = 0;

  constructor(source: PeopleNow, clock: Clock, log: Log) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  /** The person as the directory has them, one who was removed as disabled; undefined where it cannot say, and what was known at sign-in holds. */
  async find(issuer: string | undefined, uid: string): Promise<PersonNow | undefined> {
    const now = this.#clock.now();
    if (issuer !== this.#source.issuer || this.#rests(now)) return undefined;
    const before = this.#known.get(uid);
    if (before && now < before.until && before.until <= now + freshFor) return before.person;
    const person = this.#ask(uid);
    this.#known.delete(uid);
    this.#known.set(uid, { person, until: now + freshFor });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostKept) break;
      this.#known.delete(oldest);
    }
    return person;
  }

  /** A time of rest that ends later than one can comes from a clock that was moved back. */
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
