import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Tokens } from '../oauth/tokens.ts';
import type { Statement } from '../storage/database.ts';
import type { Attributes } from './attributes.ts';
import type { Base } from './base.ts';

/** What tokens are given out for. */
export interface TokenGrant {
  applicationId: string;
  clientId: string;
  family: string;
  uid: string | null;
  sid: string | null;
  scope: readonly string[];
  attributes: Attributes;
}

/** A token that exists once its write is durable. Times in milliseconds. */
export interface Issued {
  token: string;
  expiresAt: number;
  write: Statement;
}

/** Milliseconds that an access token lasts, as published. */
export const accessLifetime = 600_000;

const tokenBytes = 32;

/** Makes tokens of one base path. */
export class Issuer {
  readonly #base: Base;
  readonly #tokens: Tokens;
  readonly #clock: Clock;

  constructor(base: Base, tokens: Tokens, clock: Clock) {
    this.#base = base;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  access(grant: TokenGrant, lifetime: number): Issued {
    return this.#issue('access', grant, lifetime, {});
  }

  /** An access token that was made elsewhere, at this moment in milliseconds: a JWT. */
  made(token: string, grant: TokenGrant, issuedAt: number, lifetime: number): Issued {
    return this.#record(token, 'access', grant, issuedAt, lifetime, {});
  }

  /** `extra` are attributes that only the refresh token carries. */
  refresh(grant: TokenGrant, lifetime: number, extra: Attributes): Issued {
    return this.#issue('refresh', grant, lifetime, extra);
  }

  /** Seconds that a token is still good for, less one, as published: 599 of 600, also when writing it took a while. Never negative. */
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
    const { scope, attributes, ...rest } = grant;
    const issuer = this.#base.issuer;
    const write = this.#tokens.issuing(token, {
      ...rest,
      kind,
      issuer,
      scope: scope.join(' '),
      attributes: { _first_issued: String(issuedAt), ...attributes, issuer, ...extra },
      issuedAt,
      expiresAt,
    });
    return { token, expiresAt, write };
  }
}
