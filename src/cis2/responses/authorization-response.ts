import type { Activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedId, orderedToken } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import type { Log } from '@alongside/kernel/log';
import { halfHash } from '@alongside/kernel/secrets';
import { formPostPage } from '../../oauth/form-post-page.ts';
import { shownName } from '../../oauth/on-behalf-of.ts';
import { type ResponseMode, responseAddress } from '../../oauth/parameters.ts';
import type { PushedRequests } from '../../oauth/pushed-requests.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse, SpentValue } from '../../storage/single-use.ts';
import type { AuthorizationRequest } from '../model/interactions.ts';
import { partyOf, type RelyingParty } from '../model/relying-party.ts';
import { firstMet, type Session, strengthFor } from '../model/session.ts';
import type { SignInFacts } from '../model/token-facts.ts';
import { cis2Page, goingOnPage } from '../pages/frame.ts';
import { filled, words } from '../text/words.ts';

/** The destination of an authorization response. */
export interface ReplyTarget {
  client: RelyingParty;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
  journeyKey?: string | undefined;
}

/** Sends the response to an authorization request, once its client and address are known. */
export interface Reply {
  /** The authorization response with its code (RFC 6749 section 4.1.2, RFC 9207 section 2). */
  succeed(code: string, scope: readonly string[]): Answer;
  /** The error response; the private detail goes to the log (RFC 6749 section 4.1.2.1). */
  fail(refusal: Refusal): Answer;
}

export interface ReplyFrame {
  issuer: string;
  development: boolean;
  log: Log;
  recorder: Recorder;
  urls: Urls;
}

export function replyTo(frame: ReplyFrame, target: ReplyTarget, request: HttpRequest): Reply {
  const { redirectUri, responseMode, client, journeyKey } = target;
  const state = target.state ?? undefined;
  const { development } = frame;
  const title = () => filled(words.common.goingBack, { application: shownName(client.application.name) });
  const send = (parameters: Record<string, string | undefined>): Answer => {
    if (responseMode === 'form_post')
      return formPostPage(redirectUri, parameters, words.common, (main, policy) =>
        cis2Page(200, { title: title(), development, main }, policy),
      );
    const to = responseAddress(redirectUri, parameters, responseMode);
    // The policy of our pages forbids a redirect of a form to another origin, so the answer is a page that continues.
    if (request.method === 'POST') return goingOnPage({ title: title(), development, to });
    return redirect(to);
  };
  return {
    succeed: (code, scope) =>
      send({
        code,
        state,
        iss: frame.issuer,
        // The published service also sends these two.
        ...(client.registration.profile === 'nhs'
          ? { scope: scope.join(' '), client_id: client.registration.clientId }
          : {}),
      }),
    fail: (refusal) => {
      const { entry } = refusal;
      frame.recorder.record({
        keys: [stateKey({ clientId: client.registration.clientId, state, journeyKey })],
        from: 'cis2',
        to: partyOf(client.registration, frame.urls),
        name: 'cis2.code',
        outcome: 'refused',
        detail: { client: client.application.name, error: entry.id },
      });
      const parameters = {
        error: entry.code,
        error_description: entry.description,
        state,
        iss: frame.issuer,
      };
      return send(parameters).with({ 'x-request-id': request.id }).refusing(refusal);
    },
  };
}

/** The data of an authorization code. */
export interface CodeGrant extends SignInFacts {
  clientId: string;
  redirectUri: string;
  challenge: string | null;
  /** Thumbprint of the key that must redeem the code. */
  jkt?: string | null;
  nonce: string | null;
  scope: string[];
  /** Links all tokens of the code. */
  family: string;
  /** The end of the session in milliseconds; absent in codes of earlier versions. */
  sessionEndsAt?: number;
  stateHash: string | null;
  /** The span that issued the code; absent without traces. */
  trace?: string | undefined;
}

/** Seconds. RFC 6749 section 4.1.2 allows ten minutes. */
const lifetime = 60;

/** Returns when the user was authenticated by the rules of this client, in milliseconds. */
export function authenticatedAt(
  session: Session,
  { registration }: RelyingParty,
  maxAge: number | null,
): number {
  const { personAt, provenAt, proofCounts } = session.authentication;
  return maxAge !== null && registration.maxAge === 'proof' && proofCounts ? provenAt : personAt;
}

/** Authorization codes, stored under their hash for a minute. */
export class Codes {
  readonly #singleUse: SingleUse;
  readonly #pushed: PushedRequests;
  readonly #recorder: Recorder;
  readonly #audit: AuditLog;
  readonly #urls: Urls;
  readonly #kind: string;

  /** @param mark of the realm, so that a code is valid in one realm alone. */
  constructor(
    singleUse: SingleUse,
    pushed: PushedRequests,
    { recorder, audit, urls }: { recorder: Recorder; audit: AuditLog; urls: Urls },
    mark = '',
  ) {
    this.#audit = audit;
    this.#singleUse = singleUse;
    this.#pushed = pushed;
    this.#recorder = recorder;
    this.#urls = urls;
    this.#kind = `cis2-code${mark}`;
  }

  /** Makes a code for a client and a session, which exists once its statements are written: one for each pushed request. */
  prepare(
    client: RelyingParty,
    authorization: AuthorizationRequest,
    session: Session,
    request: Activity | undefined,
  ): { code: string; statements: Statement[] } {
    const code = orderedToken();
    const reached = strengthFor(session.authentication, client.registration);
    const grant: CodeGrant = {
      clientId: client.registration.clientId,
      redirectUri: authorization.redirectUri,
      challenge: authorization.challenge,
      jkt: authorization.jkt,
      nonce: authorization.nonce,
      scope: authorization.scope,
      claims: authorization.claims,
      family: orderedId(),
      sid: session.sid,
      sessionEndsAt: session.endsAt,
      uid: session.uid,
      authTime: Math.floor(authenticatedAt(session, client, authorization.maxAge) / 1000),
      acr: firstMet(authorization.acr, reached) ?? '',
      methods: [...reached.methods],
      level: reached.level,
      idAssuranceLevel: session.idAssuranceLevel,
      roleId: session.roleId,
      stateHash: authorization.state === null ? null : halfHash(authorization.state),
      trace: request?.trace?.context,
    };
    const kept = this.#singleUse.keepStatement(this.#kind, code, grant, lifetime * 1000);
    const audited = this.#audit.recordStatement(
      {
        action: 'cis2.code-issued',
        outcome: 'ok',
        actor: session.uid,
        role: session.roleId,
        application: client.application.id,
        session: session.sid,
        family: grant.family,
        device: session.agentId,
        detail: { authenticator: session.authentication.authenticator, acr: grant.acr },
      },
      request,
    );
    const { pushed } = authorization;
    const statements = [kept, audited];
    return {
      code,
      statements: pushed === null ? statements : [this.#pushed.spendStatement(pushed), ...statements],
    };
  }

  /** Records the event of a code. Call it once its statements are written. */
  sent(
    client: RelyingParty,
    authorization: AuthorizationRequest,
    { code, silent, session }: { code: string; silent: boolean; session: Session },
    request: Activity | undefined,
  ): void {
    this.#recorder.record(
      {
        keys: [stateKey(authorization), code],
        session: session.cisSessionId ?? session.sid,
        from: 'cis2',
        to: partyOf(client.registration, this.#urls),
        name: 'cis2.code',
        detail: { client: client.application.name, silent },
      },
      request,
    );
  }

  find(code: string): Promise<SpentValue<CodeGrant> | undefined> {
    return this.#singleUse.find<CodeGrant>(this.#kind, code);
  }

  /** Returns the conditional statement that redeems the code. */
  spendStatement(code: string): Statement {
    return this.#singleUse.spendStatement(this.#kind, code);
  }
}
