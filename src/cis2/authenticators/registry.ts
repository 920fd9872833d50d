import { couldMeet } from '../acr.ts';
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
}
