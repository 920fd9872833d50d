import { couldMeet } from '../model/acr.ts';
import type { Expected } from '../model/interactions.ts';
import type { Authenticator } from './authenticator.ts';

/** The authenticators, in the order of the choice page. */
export class Authenticators {
  readonly all: readonly Authenticator[];
  readonly #byId: ReadonlyMap<string, Authenticator>;

  /** Throws if two have the same id, because one of them would be unreachable. */
  constructor(all: readonly Authenticator[]) {
    this.all = all;
    this.#byId = new Map(all.map((authenticator) => [authenticator.id, authenticator]));
    if (this.#byId.size !== all.length) throw new Error('Two authenticators have the same id.');
  }

  get(id: string): Authenticator | undefined {
    return this.#byId.get(id);
  }

  /** Returns the authenticators that could meet a requested class. */
  meeting(acr: readonly string[]): Authenticator[] {
    return this.all.filter((authenticator) => couldMeet(acr, authenticator.offers));
  }

  /** Returns those that the expected user has. Without any, returns all, unless the client requires the user. */
  async offered(acr: readonly string[], expected: Expected | null): Promise<Authenticator[]> {
    const meeting = this.meeting(acr);
    if (!expected) return meeting;
    const usable = await Promise.all(meeting.map((one) => one.usableBy(expected.uid, acr)));
    const offered = meeting.filter((_, index) => usable[index]);
    return offered.length > 0 || expected.firm ? offered : meeting;
  }
}
