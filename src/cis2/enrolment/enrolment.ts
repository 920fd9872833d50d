import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { JsonObject } from '@alongside/kernel/json';
import type { Person } from '../../cis/protocol.ts';
import type { Statement } from '../../storage/database.ts';
import type { Credential, Draft } from '../model/credentials.ts';
import type { AssuranceLevel } from '../model/session.ts';

/** The set-up of one authenticator for one person in one browser, from an officer's link or from the account page. */
export interface PendingEnrolment {
  id: string;
  /** Part of the cookie's name. */
  tag: string;
  /** SHA-256 of the cookie's value, base64url. */
  txnHash: string;
  uid: string;
  /** Id of the authenticator. */
  kind: string;
  /** The highest level of the credential: that of the user's sign-in, or 3 for an officer's link. */
  ceiling: AssuranceLevel;
  /** The person responsible: `ra:{uid}` of an officer, or `user:{uid}`. */
  actor: string;
  /** The session of the user on the account page; null for a link. */
  sid: string | null;
  /** A text of the kind for its next page, such as a secret that it showed. Encrypted. */
  kept: string | null;
  /** Milliseconds. */
  expiresAt: number;
}

/** One request of the browser within its enrolment. */
export interface EnrolmentContext {
  request: HttpRequest;
  pending: PendingEnrolment;
  person: Person;
  /** Returns the path of a route; `path('')` is that of the first page. */
  path(part: string): string;
  /** Stores a text for the next page. */
  keep(value: string): Promise<void>;
  /**
   * Adds the credential, ends the enrolment and returns its last page. An enrolment completes once.
   * @param more a note for the user, and conditional writes; nothing is added if any of them fails.
   */
  complete(
    draft: Omit<Draft, 'uid' | 'kind'>,
    more?: { note?: string; spends?: readonly Statement[] },
  ): Promise<Answer>;
}

/** How users set up one kind of authenticator. */
export interface Enrolment {
  /** Id of the authenticator. */
  readonly kind: string;
  /** The name in lists, such as "Security key". */
  readonly label: string;
  /** One sentence about the equipment that the user needs. */
  readonly hint: string;
  /** The highest level of its credentials. To add one without an officer, the user must be signed in at this level. */
  readonly level: AssuranceLevel;
  /** Returns the level of one credential; `level` by default. */
  levelOf?(credential: Credential<unknown>): AssuranceLevel;
  /** Development only: returns the data that a tester signs in with, such as the secret. */
  reveal?(credential: Credential<unknown>, secret: string | undefined): JsonObject;
  /** Development only: reads or creates a credential. Throws `consoleBody` for an invalid body. */
  importCredential?(body: JsonObject): Omit<Draft, 'uid' | 'kind'>;
  /** Returns the first page. */
  begin(context: EnrolmentContext): Promise<Answer>;
  /** The other pages, at `/enrolment/{id}/{path}`. A POST is checked to be from this origin. */
  readonly routes: readonly EnrolmentRoute[];
}

export interface EnrolmentRoute {
  readonly method: 'GET' | 'POST';
  /** One segment, without slashes. */
  readonly path: string;
  run(context: EnrolmentContext): Promise<Answer>;
}

/** The kinds of authenticators that users can set up, in the order of the pages. */
export class Enrolments {
  readonly all: readonly Enrolment[];
  readonly #byKind: ReadonlyMap<string, Enrolment>;

  /** Throws if two have the same kind, because one of them would be unreachable. */
  constructor(all: readonly Enrolment[]) {
    this.all = all;
    this.#byKind = new Map(all.map((enrolment) => [enrolment.kind, enrolment]));
    if (this.#byKind.size !== all.length) throw new Error('Two enrolments are of the same kind.');
  }

  get(kind: string): Enrolment | undefined {
    return this.#byKind.get(kind);
  }
}
/** Maximum length of a name, in characters. */
export const maxLabelLength = 60;

/** Returns the name from a form on one line, shortened; `otherwise` if it is empty. */
export function labelOf(given: string | undefined, otherwise: string): string {
  const label = (given ?? '')
    .slice(0, 4 * maxLabelLength)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, maxLabelLength)
    .trim();
  return label === '' ? otherwise : label;
}
