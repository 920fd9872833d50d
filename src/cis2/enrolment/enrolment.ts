import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { JsonObject } from '@alongside/kernel/json';
import type { Person } from '../../cis/protocol.ts';
import type { Statement } from '../../storage/database.ts';
import type { AssuranceLevel } from '../model/acr.ts';
import type { Credential, Draft } from '../model/credentials.ts';

/** The setting up of one authenticator for one person, under way in one browser: by a link of an officer, or by the person. */
export interface PendingEnrolment {
  id: string;
  /** Part of the cookie's name. */
  tag: string;
  /** SHA-256 of the cookie's value, base64url. */
  txnHash: string;
  uid: string;
  /** Id of the enrolment, which is that of its authenticator. */
  kind: string;
  /** No credential of it counts as more: the level of the sign-in behind it, or 3 when an officer gave the link. */
  ceiling: AssuranceLevel;
  /** Who answers for it: `ra:{uid}` of an officer, or `user:{uid}`. */
  actor: string;
  /** The live session behind a self-service one. */
  sid: string | null;
  /** What its kind keeps between two pages, such as a secret that was shown. Kept sealed. */
  kept: string | null;
  /** Milliseconds. */
  expiresAt: number;
}

/** One request of the browser within an enrolment. */
export interface EnrolmentContext {
  request: HttpRequest;
  pending: PendingEnrolment;
  person: Person;
  /** Address of a part of it: `path('')` is its first page, `path('code')` is that of a route. */
  path(part: string): string;
  /** Keeps something for the next page. */
  keep(value: string): Promise<void>;
  /**
   * Adds the credential, ends the enrolment and answers with its last page: one end only.
   * @param more what the person should know of it, and conditional writes without which nothing is added.
   */
  complete(
    draft: Omit<Draft, 'uid' | 'kind'>,
    more?: { note?: string; spends?: readonly Statement[] },
  ): Promise<Answer>;
}

/** A way to sign in that a person can be given. One file each; the registry is their only list. */
export interface Enrolment {
  /** Id of the authenticator. */
  readonly kind: string;
  /** In a list: "Security key". */
  readonly label: string;
  /** One sentence that says what the person needs for it. */
  readonly hint: string;
  /** The best level that it gives: who adds one without an officer must be signed in at this level at least. */
  readonly level: AssuranceLevel;
  /** The level of one of its credentials; `level` where it is not said. */
  levelOf?(credential: Credential<unknown>): AssuranceLevel;
  /** Development only: what a tester needs to sign in with it, such as its secret. */
  reveal?(credential: Credential<unknown>, secret: string | undefined): JsonObject;
  /** Development only: reads or makes a credential for a developer. Throws `consoleBody` for a wrong body. */
  importCredential?(body: JsonObject): Omit<Draft, 'uid' | 'kind'>;
  /** Its first page. */
  begin(context: EnrolmentContext): Promise<Answer>;
  /** Its other pages and answers, `/enrolment/{id}/{path}`. A POST was checked to come from one of our own pages. */
  readonly routes: readonly EnrolmentRoute[];
}

export interface EnrolmentRoute {
  readonly method: 'GET' | 'POST';
  /** One part of a path, without slashes. */
  readonly path: string;
  run(context: EnrolmentContext): Promise<Answer>;
}

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
