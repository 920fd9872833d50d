import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { AuthenticationStrength } from '../model/acr.ts';
import type { AuthorizationRequest } from '../model/authorization-request.ts';
import type { Interaction } from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import type { EndReason, Session } from '../model/session.ts';
import type { InteractionContext } from './open.ts';

/** What an authenticator is asked about: one interaction of one browser. */
export interface AuthenticationContext {
  request: HttpRequest;
  client: RelyingParty;
  interaction: Interaction;
}

/** Whether a session that an authenticator made may still be used without asking; `unknown` says why nobody can tell now. */
export type SessionValidity = { valid: boolean; ended?: EndReason; unknown?: string };

/** A way to sign in. One file each; the registry is their only list. */
export interface Authenticator {
  /** Also a part of its path below an interaction. */
  readonly id: string;
  /** On the choice page. */
  readonly label: string;
  readonly hint: string;
  /** What it can reach: it is offered when one of these meets the request. */
  readonly offers: readonly AuthenticationStrength[];
  /** Whether the choice page opens it in a small window, because it may lead to a page that is not there. */
  readonly inWindow: boolean;
  /** Begins it: answers with a redirect or a page. `inWindow` when it was opened so. */
  begin(context: AuthenticationContext, inWindow: boolean): Promise<Answer>;
  /** Whether a browser goes to it without the choice page. */
  goesStraight(
    request: HttpRequest,
    client: RelyingParty,
    authorization: AuthorizationRequest,
  ): Promise<boolean>;
  /** Whether a session that it made may be used silently for a request of this browser. */
  checkSession(session: Session, request: HttpRequest): Promise<SessionValidity>;
  /** Whether this person could meet one of the asked classes with it: asked only when somebody is expected. */
  usableBy(uid: string, acr: readonly string[]): Promise<boolean>;
  /** Its own pages and answers. */
  readonly routes: readonly AuthenticatorRoute[];
}

/** A way into an authenticator, below `/interaction/{id}/{id of the authenticator}/`; for the browser of the interaction alone. */
export interface AuthenticatorRoute {
  readonly method: 'GET' | 'POST';
  /** One part of a path, without slashes. */
  readonly path: string;
  /** `opened.request` has the body; an authenticator that was not offered for the request is not reached. */
  run(context: InteractionContext): Promise<Answer>;
}
