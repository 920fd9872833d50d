import type { Recorder } from '@alongside/kernel/events';
import { orderedId, randomToken } from '@alongside/kernel/ids';
import { halfHash } from '../../oauth/half-hash.ts';
import type { PushedRequests } from '../../oauth/pushed-requests.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse, SpentValue } from '../../storage/single-use.ts';
import { firstMet } from '../model/acr.ts';
import { strengthFor } from '../model/authentication.ts';
import type { AuthorizationRequest } from '../model/authorization-request.ts';
import { partyOf, type RelyingParty } from '../model/relying-party.ts';
import type { Session } from '../model/session.ts';
import type { SignInFacts } from '../model/token-facts.ts';

/** What an authorization code stands for. */
export interface CodeGrant extends SignInFacts {
  clientId: string;
  redirectUri: string;
  challenge: string | null;
  /** Thumbprint of the key that must redeem it. */
  jkt?: string | null;
  nonce: string | null;
  scope: string[];
  /** All that comes from the code, for the day when it is used twice. */
  family: string;
  stateHash: string | null;
}

/** Seconds (RFC 6749 section 4.1.2: ten minutes at most; here one). */
const lifetime = 60;

/** When the person was authenticated, as this client counts it, in milliseconds. */
export function authenticatedAt(
  session: Session,
  { registration }: RelyingParty,
  maxAge: number | null,
): number {
  const { personAt, provenAt, proofCounts } = session.authentication;
  return maxAge !== null && registration.maxAge === 'proof' && proofCounts ? provenAt : personAt;
}

/** Authorization codes: what they stand for is kept under their hash for a minute. */
export class Codes {
  readonly #singleUse: SingleUse;
  readonly #pushed: PushedRequests;
  readonly #recorder: Recorder;
  readonly #audit: AuditLog;
  readonly #urls: Urls;
  readonly #kind: string;

  /** @param mark of the realm: a code of one is none of another. */
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

  /** A fresh code for this client and session, and the writes that bring it into being: one code for each pushed request. */
  prepare(
    client: RelyingParty,
    authorization: AuthorizationRequest,
    session: Session,
  ): { code: string; statements: Statement[] } {
    const code = randomToken();
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
      uid: session.uid,
      authTime: Math.floor(authenticatedAt(session, client, authorization.maxAge) / 1000),
      acr: firstMet(authorization.acr, reached) ?? '',
      methods: [...reached.methods],
      level: reached.level,
      idAssuranceLevel: session.idAssuranceLevel,
      roleId: session.roleId,
      stateHash: authorization.state === null ? null : halfHash(authorization.state),
    };
    const keeping = this.#singleUse.keepStatement(this.#kind, code, grant, lifetime * 1000);
    const audited = this.#audit.recordStatement({
      action: 'cis2.code-issued',
      outcome: 'ok',
      actor: session.uid,
      role: session.roleId,
      application: client.application.id,
      session: session.sid,
      family: grant.family,
      device: session.agentId,
      detail: { authenticator: session.authentication.authenticator, acr: grant.acr },
    });
    const { pushed } = authorization;
    const statements = [keeping, audited];
    return {
      code,
      statements: pushed === null ? statements : [this.#pushed.spendStatement(pushed), ...statements],
    };
  }

  /** Says that a code was sent. Called once its batch is done. */
  sent(client: RelyingParty, authorization: AuthorizationRequest, code: string, silent: boolean): void {
    this.#recorder.record({
      keys: [authorization.state ?? '', code],
      from: 'cis2',
      to: partyOf(client.registration, this.#urls),
      name: 'cis2.code',
      detail: { client: client.application.name, silent },
    });
  }

  find(code: string): Promise<SpentValue<CodeGrant> | undefined> {
    return this.#singleUse.find<CodeGrant>(this.#kind, code);
  }

  /** The conditional write that redeems it. */
  spendStatement(code: string): Statement {
    return this.#singleUse.spendStatement(this.#kind, code);
  }
}
