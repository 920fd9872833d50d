import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Statement } from '../../storage/database.ts';
import { responseErrors } from '../errors/response.ts';
import {
  type AuthorizationRequest,
  type Expected,
  type Interaction,
  type Interactions,
  interactionPath,
  isSilent,
} from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import { type AuthenticationStrength, couldMeet, type EndReason, type Session } from '../model/session.ts';
import type { Reply } from '../responses/authorization-response.ts';
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

/** The program on the user's computer that an authenticator needs. */
export interface Presence {
  /** Its address that responds 200 to a page of this service. */
  url: string;
  /** Whether it was heard lately from the network of the browser; true if that is unknown. */
  heard: boolean;
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
  /** Finds where a page of this service can ask whether the program behind it responds. */
  presence?(request: HttpRequest): Promise<Presence>;
  /** Whether it runs on the user's machine and sees whose program listens there. */
  readonly seesListeners?: true;
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

interface ChoiceContext {
  request: HttpRequest;
  client: RelyingParty;
  authorization: AuthorizationRequest;
  reply: Reply;
}

/** A uid. Other hints are ambiguous. */
const uidShape = /^\d{12}$/;

/**
 * Finds the expected user: the one with a session in this browser, or of an ID token of this issuer. Anyone can send a `login_hint`
 * or a `sub`, and must not learn from the pages which authenticators that user has (docs/adr/0019).
 */
export async function expectPerson({
  authorization: { subject, loginHint },
  hinted,
  steppingUp,
  present,
}: ChoiceContext & { hinted: boolean; steppingUp: string | null; present: string | null }): Promise<{
  expected: Expected | null;
}> {
  const firm = subject !== null;
  if (steppingUp !== null) return { expected: { uid: steppingUp, firm, steppingUp: true } };
  const named = subject ?? (loginHint !== null && uidShape.test(loginHint) ? loginHint : null);
  if (named === null || !(hinted || named === present)) return { expected: null };
  return { expected: { uid: named, firm, steppingUp: false } };
}

/** Finds the authenticators that could meet the request. Without any, the client gets an error (OpenID Connect Core section 5.5.1.1). */
export async function findAuthenticators({
  authorization,
  expected,
  reply,
  provider: { authenticators },
}: ChoiceContext & { expected: Expected | null; provider: { authenticators: Authenticators } }): Promise<
  Answer | { offered: Authenticator[] }
> {
  const offered = await authenticators.offered(authorization.acr, expected);
  if (offered.length > 0) return { offered };
  return reply.fail(responseErrors.levelUnmet(`nothing here meets ${authorization.acr.join(' ')}`));
}

/** Redirects to an authenticator that will likely respond, or else to the choice page. A silent request fails instead. */
export async function beginInteraction(
  context: ChoiceContext & {
    offered: Authenticator[];
    expected: Expected | null;
    provider: { interactions: Interactions };
  },
): Promise<Answer> {
  const { request, client, authorization, reply, offered, expected } = context;
  const { interactions } = context.provider;
  let straight: Authenticator | undefined;
  if (!authorization.prompt.includes('select_account')) {
    for (const authenticator of offered) {
      if (!(await authenticator.goesStraight(request, client, authorization))) continue;
      straight = authenticator;
      break;
    }
  }
  if (!straight && isSilent(authorization))
    return reply.fail(responseErrors.loginRequired('there is no session that meets the request'));
  const { interaction, cookie } = interactions.prepare(authorization, { expected });
  activity()?.join({ keys: [interaction.id] });
  const begun = { request, client, interaction };
  const prepared = straight?.prepare?.(begun);
  await interactions.add(request, prepared?.statement ?? interactions.keepStatement(interaction));
  const answer = await (prepared?.begin() ??
    straight?.begin(begun, false) ??
    redirect(interactionPath(interaction.id)));
  return answer.with({ 'set-cookie': cookie });
}
