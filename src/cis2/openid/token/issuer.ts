import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { offlineAccess } from '../../../oauth/openid/claims.ts';
import {
  type Confirmation,
  confirmationAttributes,
  confirmationShape,
  type TokenGrant as StoredGrant,
} from '../../../oauth/token-records.ts';
import type { NewToken, PlacedToken, Tokens } from '../../../oauth/tokens.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Statement } from '../../../storage/database.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { attributesOf, type SignInFacts } from '../../model/token-facts.ts';

/** Whether a code of these scopes also gets a refresh token. The published profile does not define a scope for it. */
export const getsRefreshToken = (registration: Cis2Registration, scope: readonly string[]): boolean =>
  registration.refreshTokens && (registration.profile === 'nhs' || scope.includes(offlineAccess));

/** Purpose of the key that seals successors; stored data depends on it. */
export const successorPurpose = 'cis2-refresh-successor';

export const successorShape = z.object({
  accessToken: z.string(),
  /** Milliseconds. */
  accessExpiresAt: z.number(),
  refreshToken: z.string(),
  scope: z.string(),
  /** Of the access token; absent in successors of earlier versions. */
  confirmation: confirmationShape.nullable().optional(),
});
/** The tokens of one refresh, sealed for a client that lost the response. */
export type Successor = z.infer<typeof successorShape>;

/** The sign-in, client and scope of new tokens. */
export interface TokenGrant {
  client: RelyingParty;
  facts: SignInFacts;
  scope: readonly string[];
  /** Links all tokens of one code. */
  family: string;
  /** The authorization, if it is stored already. */
  grant?: StoredGrant;
  /** Binds access tokens. Refresh tokens are bound to the client alone, which authenticates (RFC 9449 section 5). */
  confirmation: Confirmation | null;
  /** Whether the tokens replace others, by a refresh token. */
  refreshed?: boolean;
}

/** Seconds. */
const accessTokenLifetime = 3_600;

interface TokenIssuerDependencies {
  issuer: string;
  tokens: Tokens;
  clock: Clock;
  audit: AuditLog;
}

/** Makes access and refresh tokens of CIS2. */
export class TokenIssuer {
  readonly #issuer: string;
  readonly #tokens: Tokens;
  readonly #clock: Clock;
  readonly #audit: AuditLog;

  constructor({ issuer, tokens, clock, audit }: TokenIssuerDependencies) {
    this.#audit = audit;
    this.#issuer = issuer;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  access(grant: TokenGrant): NewToken {
    const token = this.#tokens.newAccessToken(grant);
    return this.#newToken('access', token, grant, this.#clock.now() + accessTokenLifetime * 1000);
  }

  /** @param endsAt end of its session in milliseconds: no token lives longer. */
  refresh(grant: TokenGrant, endsAt: number): NewToken {
    return this.#newToken('refresh', this.#tokens.newRefreshToken(), grant, endsAt);
  }

  /** Returns the statements that store the tokens of one response, with the audit record. */
  writeStatements(
    request: HttpRequest,
    grant: TokenGrant,
    access: NewToken,
    refresh: NewToken | undefined,
  ): Statement[] {
    const { client, facts, family, grant: stored } = grant;
    const source = {
      issuer: this.#issuer,
      family,
      applicationId: client.application.id,
      clientId: client.registration.clientId,
      uid: facts.uid,
      sid: facts.sid,
      scope: (refresh ?? access).scope,
      // Those of a stored authorization are not written again.
      attributes: stored?.data.attributes ?? attributesOf(facts),
      grant: stored,
    };
    return [
      ...this.#tokens.issueStatements(source, refresh ? [access, refresh] : [access]),
      this.#recordStatement(access, grant, request),
    ];
  }

  /** Returns `expires_in`: one second less, as the published service does. */
  secondsLeft(expiresAt: number): number {
    return Math.ceil((expiresAt - this.#clock.now()) / 1000) - 1;
  }

  #newToken(
    kind: NewToken['kind'],
    token: PlacedToken,
    { facts, scope, confirmation }: TokenGrant,
    expiresAt: number,
  ): NewToken {
    return {
      ...token,
      kind,
      scope: scope.join(' '),
      attributes: {
        ...attributesOf(facts),
        ...confirmationAttributes(kind === 'access' ? confirmation : null),
      },
      issuedAt: this.#clock.now(),
      expiresAt,
    };
  }

  #recordStatement(
    { hash, scope }: NewToken,
    { client, facts, family, refreshed = false }: TokenGrant,
    { activity }: HttpRequest,
  ): Statement {
    return this.#audit.recordStatement(
      {
        action: refreshed ? 'cis2.tokens-refreshed' : 'cis2.tokens-issued',
        outcome: 'ok',
        actor: facts.uid,
        role: facts.roleId,
        application: client.application.id,
        session: facts.sid,
        family,
        tokenId: hash,
        detail: { scope },
      },
      activity,
    );
  }
}
