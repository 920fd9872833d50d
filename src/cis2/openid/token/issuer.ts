import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { type Confirmation, confirmationAttributes } from '../../../oauth/confirmation.ts';
import type { TokenRecord, Tokens } from '../../../oauth/tokens.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Statement } from '../../../storage/database.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { attributesOf, type SignInFacts } from '../../model/token-facts.ts';

/** What tokens are made of: whose, of which sign-in, for what. */
export interface TokenGrant {
  client: RelyingParty;
  facts: SignInFacts;
  scope: readonly string[];
  /** All that comes from one code. */
  family: string;
  /** Of access tokens: those who refresh have proved themselves, so refresh tokens are bound to the client alone (RFC 9449 section 5). */
  confirmation: Confirmation | null;
  /** Whether the tokens replace others, by a refresh token. */
  refreshed?: boolean;
}

/** A fresh token, and the write that brings it into being. */
export interface Made {
  token: string;
  /** Milliseconds. */
  expiresAt: number;
  /** The token, and for an access token its audit record. */
  statements: readonly Statement[];
}

/** Seconds. */
const accessTokenLifetime = 3_600;

interface TokenIssuerParts {
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

  constructor({ issuer, tokens, clock, audit }: TokenIssuerParts) {
    this.#audit = audit;
    this.#issuer = issuer;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  access(grant: TokenGrant): Made {
    return this.#make('access', grant, this.#clock.now() + accessTokenLifetime * 1000);
  }

  /** @param endsAt when its session ends at the latest, in milliseconds: no token of it lives longer. */
  refresh(grant: TokenGrant, endsAt: number): Made {
    return this.#make('refresh', grant, endsAt);
  }

  /** `expires_in`: one less than it is, as the published service answers. */
  secondsLeft(expiresAt: number): number {
    return Math.ceil((expiresAt - this.#clock.now()) / 1000) - 1;
  }

  #make(kind: TokenRecord['kind'], grant: TokenGrant, expiresAt: number): Made {
    const { client, facts, scope, family, confirmation } = grant;
    const token = randomToken();
    const issuing = this.#tokens.issueStatement(token, {
      kind,
      issuer: this.#issuer,
      family,
      applicationId: client.application.id,
      clientId: client.registration.clientId,
      uid: facts.uid,
      sid: facts.sid,
      scope: scope.join(' '),
      attributes: {
        ...attributesOf(facts),
        ...confirmationAttributes(kind === 'access' ? confirmation : null),
      },
      issuedAt: this.#clock.now(),
      expiresAt,
    });
    const statements = kind === 'access' ? [issuing, this.#recordStatement(token, grant)] : [issuing];
    return { token, expiresAt, statements };
  }

  #recordStatement(
    token: string,
    { client, facts, scope, family, refreshed = false }: TokenGrant,
  ): Statement {
    return this.#audit.recordStatement({
      action: refreshed ? 'cis2.tokens-refreshed' : 'cis2.tokens-issued',
      outcome: 'ok',
      actor: facts.uid,
      role: facts.roleId,
      application: client.application.id,
      session: facts.sid,
      family,
      tokenId: sha256(token),
      detail: { scope: scope.join(' ') },
    });
  }
}
