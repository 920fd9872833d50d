import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import type { Parameters } from '../oauth/parameters.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Statement } from '../storage/database.ts';
import type { Attributes } from './attributes.ts';
import type { Base } from './base.ts';
import type { AuthorisationDependencies } from './dependencies.ts';

const wholeNumber = /^\d{1,15}$/;

/** Returns a requested shorter lifetime in milliseconds. Ignores longer and invalid ones. */
const shortened = (form: Parameters, name: string, usual: number, least: number): number => {
  const asked = form.get(name) ?? '';
  const milliseconds = wholeNumber.test(asked) ? Number(asked) : usual;
  return milliseconds >= least && milliseconds < usual ? milliseconds : usual;
};

/** Returns the lifetimes of the tokens of one request in milliseconds. In development a request may shorten them. */
export function lifetimesOf(
  base: Base,
  form: Parameters,
  usual: { access: number; refresh: number },
): { access: number; refresh: number; validity: number } {
  const { access, refresh } = usual;
  if (!base.shortenLifetimes) return { access, refresh, validity: refresh };
  return {
    access: shortened(form, '_access_token_expiry_ms', access, 1),
    refresh: shortened(form, '_refresh_token_expiry_ms', refresh, 1),
    // The total time of refreshing, from the first token; 0 ends it at once.
    validity: shortened(form, '_refresh_tokens_validity_ms', refresh, 0),
  };
}

/** The data of issued tokens. */
export interface TokenGrant {
  applicationId: string;
  clientId: string;
  family: string;
  uid: string | null;
  sid: string | null;
  scope: readonly string[];
  attributes: Attributes;
  /** Whether the tokens are from a refresh. */
  refreshed?: boolean;
}

/** A token that exists once its write is durable. Times in milliseconds. */
export interface Issued {
  token: string;
  expiresAt: number;
  /** Stores the token, and for an access token its audit record. */
  writes: readonly Statement[];
}

/** Lifetime of an access token in milliseconds, as published. */
export const accessLifetime = 600_000;

const tokenBytes = 32;

/** Issues the tokens of one base path. */
export class Issuer {
  readonly #base: Base;
  readonly #tokens: Tokens;
  readonly #clock: Clock;
  readonly #audit: AuditLog;

  constructor(
    base: Base,
    { tokens, clock, audit }: Pick<AuthorisationDependencies, 'tokens' | 'clock' | 'audit'>,
  ) {
    this.#base = base;
    this.#tokens = tokens;
    this.#clock = clock;
    this.#audit = audit;
  }

  access(grant: TokenGrant, lifetime: number): Issued {
    return this.#issue('access', grant, lifetime, {});
  }

  /** Issues an access token that was created elsewhere, such as a JWT. `issuedAt` is in milliseconds. */
  made(token: string, grant: TokenGrant, issuedAt: number, lifetime: number): Issued {
    return this.#record(token, 'access', grant, issuedAt, lifetime, {});
  }

  /** @param extra attributes of the refresh token alone */
  refresh(grant: TokenGrant, lifetime: number, extra: Attributes): Issued {
    return this.#issue('refresh', grant, lifetime, extra);
  }

  /** Returns the remaining seconds of a token less one, as published: 599 for a new one. Never negative. */
  secondsLeft(expiresAt: number): number {
    return Math.max(0, Math.ceil((expiresAt - this.#clock.now()) / 1_000) - 1);
  }

  #issue(kind: 'access' | 'refresh', grant: TokenGrant, lifetime: number, extra: Attributes): Issued {
    return this.#record(randomToken(tokenBytes), kind, grant, this.#clock.now(), lifetime, extra);
  }

  #record(
    token: string,
    kind: 'access' | 'refresh',
    grant: TokenGrant,
    issuedAt: number,
    lifetime: number,
    extra: Attributes,
  ): Issued {
    const expiresAt = issuedAt + lifetime;
    const { scope, attributes, refreshed: _, ...rest } = grant;
    const issuer = this.#base.issuer;
    const issuing = this.#tokens.issueStatement(token, {
      ...rest,
      kind,
      issuer,
      scope: scope.join(' '),
      attributes: { _first_issued: String(issuedAt), ...attributes, issuer, ...extra },
      issuedAt,
      expiresAt,
    });
    const writes = kind === 'access' ? [issuing, this.#recordStatement(token, grant)] : [issuing];
    return { token, expiresAt, writes };
  }

  #recordStatement(token: string, grant: TokenGrant): Statement {
    const { applicationId, uid, sid, family, scope, attributes, refreshed = false } = grant;
    return this.#audit.recordStatement({
      action: refreshed ? 'authorisation.tokens-refreshed' : 'authorisation.tokens-issued',
      outcome: 'ok',
      actor: uid ?? '',
      application: applicationId,
      session: sid,
      family,
      tokenId: sha256(token),
      detail: { base: this.#base.path, grant: attributes.auth_grant_type, scope: scope.join(' ') },
    });
  }
}
