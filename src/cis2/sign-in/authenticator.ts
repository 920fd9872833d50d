import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { AuthenticationStrength } from '../model/acr.ts';
import type { AuthorizationRequest } from '../model/authorization-request.ts';
import type { Interaction } from '../model/interactions.ts';
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
