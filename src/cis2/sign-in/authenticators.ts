import { couldMeet } from '../model/acr.ts';
import type { Expected } from '../model/interactions.ts';
import type { Authenticator } from './authenticator.ts';

/** The ways to sign in, in the order of the choice page. */
export class Authenticators {
  readonly all: readonly Authenticator[];
  readonly #byId: ReadonlyMap<string, Authenticator>;

  /** Throws when two have the same id, for one of them could never be reached. */
  constructor(all: readonly Authenticator[]) {
    this.all = all;
    this.#byId = new Map(all.map((authenticator) => [authenticator.id, authenticator]));
    if (this.#byId.size !== all.length) throw new Error('Two authenticators have the same id.');
  }

  get(id: string): Authenticator | undefined {
    return this.#byId.get(id);
  }

  /** Those that could meet one of the asked classes. */
  meeting(acr: readonly string[]): Authenticator[] {
    return this.all.filter((authenticator) => couldMeet(acr, authenticator.offers));
  }

  /** Those to offer: of those that could meet a class, the ones that the expected person can use. A mere hint of a person never leaves none. */
  async offered(acr: readonly string[], expected: Expected | null): Promise<Authenticator[]> {
    const meeting = this.meeting(acr);
    if (!expected) return meeting;
    const usable = await Promise.all(meeting.map((one) => one.usableBy(expected.uid, acr)));
    const offered = meeting.filter((_, index) => usable[index]);
    return offered.length > 0 || expected.firm ? offered : meeting;
  }
}
