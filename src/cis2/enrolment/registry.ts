import type { Enrolment } from './enrolment.ts';

/** The ways to sign in that a person can be given, in the order of the pages. */
export class Enrolments {
  readonly all: readonly Enrolment[];
  readonly #byKind: ReadonlyMap<string, Enrolment>;

  /** Throws when two are of the same kind, for one of them could never be reached. */
  constructor(all: readonly Enrolment[]) {
    this.all = all;
    this.#byKind = new Map(all.map((enrolment) => [enrolment.kind, enrolment]));
    if (this.#byKind.size !== all.length) throw new Error('Two enrolments are of the same kind.');
  }

  get(kind: string): Enrolment | undefined {
    return this.#byKind.get(kind);
  }
}
