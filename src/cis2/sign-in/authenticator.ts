import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Statement } from '../../storage/database.ts';
import { type AuthenticationStrength, couldMeet } from '../model/acr.ts';
import type { AuthorizationRequest } from '../model/authorization-request.ts';
import type { Expected, Interaction } from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import type { EndReason, Session } from '../model/session.ts';
import type { InteractionContext } from './open.ts';

/** An interaction for which an authenticator begins. */
export interface AuthenticationContext {
  request: HttpRequest;
  client: RelyingParty;
  interaction: Interaction;
}

/** Whether a session may be used silently. `ended` is the reason why it must end, `unknown` why that cannot be determined now. */
export type SessionValidity = { valid: boolean; ended?: EndReason; unknown?: string };

/** A sign-in that begins once its row is stored. */
export interface PreparedSignIn {
  statement: Statement;
  begin(): Promise<Answer>;
}

/** A method of signing in. */
export interface Authenticator {
  /** Also the segment of its path. */
  readonly id: string;
  /** The label on the choice page. */
  readonly label: string;
  readonly hint: string;
  /** Its levels and methods. It is offered if one of these meets the request. */
  readonly offers: readonly AuthenticationStrength[];
  /** Whether the choice page opens it in a small window, because its page may be unreachable. */
  readonly inWindow: boolean;
  /** Begins the sign-in with a redirect or a page. */
  begin(context: AuthenticationContext, inWindow: boolean): Promise<Answer>;
  /** Prepares a sign-in without the choice page; its row contains the interaction. */
  prepare?(context: AuthenticationContext): PreparedSignIn;
  /** Whether to skip the choice page for this authenticator. */
  goesStraight(
    request: HttpRequest,
    client: RelyingParty,
    authorization: AuthorizationRequest,
  ): Promise<boolean>;
  /** Checks whether one of its sessions may be used silently in this browser. */
  checkSession(session: Session, request: HttpRequest): Promise<SessionValidity>;
  /** Whether the expected user could meet one of these classes with it. */
  usableBy(uid: string, acr: readonly string[]): Promise<boolean>;
  /** Its other pages. */
  readonly routes: readonly AuthenticatorRoute[];
}

/** A page of an authenticator at `/interaction/{id}/{authenticator}/{path}`, for the browser of the interaction. */
export interface AuthenticatorRoute {
  readonly method: 'GET' | 'POST';
  /** One segment, without slashes. */
  readonly path: string;
  run(context: InteractionContext): Promise<Answer>;
}

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
