import type { StoredProduct } from '../oauth/products.ts';
import { scopesOf } from '../oauth/products.ts';
import { RefreshSuccessors } from '../oauth/refresh-successors.ts';
import type { TokenRecord } from '../oauth/tokens.ts';
import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import { type Issued, Issuer, type TokenGrant } from './issue.ts';
import type { Parts } from './parts.ts';
import type { Upstream } from './upstream/upstream.ts';

/** What a refresh gives. Times in milliseconds. */
export interface Rotated {
  accessToken: string;
  accessExpiresAt: number;
  refreshToken: string;
  refreshExpiresAt: number;
  count: number;
  scope: string;
}

/** How the access token of a refresh is made, where it is no plain one. */
type MakeAccess = (grant: TokenGrant, lifetime: number) => Issued | Promise<Issued>;

/** Milliseconds in which the same client that repeats a refresh gets the same successor. */
const retryTime = 30_000;
const successorPurpose = 'refresh-successor';

/** The scopes that the token has and the application's products still have: never more than before. */
export const scopesLeft = (record: TokenRecord, products: readonly StoredProduct[]): string[] => {
  const current = scopesOf(products);
  return record.scope.split(' ').filter((scope) => current.includes(scope));
};

/** The provider that a token goes back to: it chooses how long refreshing goes on. */
export const upstreamOf = (base: Base, record: TokenRecord): Upstream =>
  base.upstreams.find(({ providerName }) => providerName === record.attributes.auth_provider) ??
  base.upstreams[0];

/** When refreshing ends for good: the total validity after the first token, however often it is renewed. */
export const endOfRefreshing = (record: TokenRecord, validity: number): number => {
  const { _first_issued: first, _refresh_tokens_validity_ms: stored } = record.attributes;
  const total = stored === undefined ? validity : Math.min(validity, Number(stored));
  return Number(first ?? record.issuedAt) + total;
};

/** Rotation of refresh tokens at one base path (RFC 9700 section 4.14.2). */
export class Rotation {
  readonly #base: Base;
  readonly #parts: Pick<Parts, 'tokens' | 'clock' | 'database' | 'vault' | 'audit'>;
  readonly #issuer: Issuer;
  readonly #successors: RefreshSuccessors<Rotated>;

  constructor(base: Base, parts: Pick<Parts, 'tokens' | 'clock' | 'database' | 'vault' | 'audit'>) {
    this.#base = base;
    this.#parts = parts;
    this.#issuer = new Issuer(base, parts);
    this.#successors = new RefreshSuccessors(parts, successorPurpose);
  }

  /** Makes the successors of a refresh token, with their writes, and seals them for a client that repeats the request. */
  async make(
    record: TokenRecord,
    scope: readonly string[],
    ends: { accessLifetime: number; refreshExpiresAt: number },
    accessScope = scope,
    makeAccess: MakeAccess = (grant, lifetime) => this.#issuer.access(grant, lifetime),
  ): Promise<{ rotated: Rotated; sealed: string | null; writes: readonly Statement[] }> {
    const { tokens, clock } = this.#parts;
    const { refresh_count: before, _refresh_tokens_validity_ms: validity, ...attributes } = record.attributes;
    const count = Number(before ?? 0) + 1;
    const grant: TokenGrant = { ...record, scope, attributes, refreshed: true };
    const access = await makeAccess({ ...grant, scope: accessScope }, ends.accessLifetime);
    const refresh = this.#issuer.refresh(grant, Math.max(0, ends.refreshExpiresAt - clock.now()), {
      refresh_count: String(count),
      ...(validity === undefined ? {} : { _refresh_tokens_validity_ms: validity }),
    });
    const rotated: Rotated = {
      accessToken: access.token,
      accessExpiresAt: access.expiresAt,
      refreshToken: refresh.token,
      refreshExpiresAt: refresh.expiresAt,
      count,
      scope: accessScope.join(' '),
    };
    const { refreshRetry, refreshEndsAccess } = this.#base.hardening;
    const ended = refreshEndsAccess ? [tokens.revokeAccessStatement(record.family)] : [];
    return {
      rotated,
      sealed: refreshRetry ? this.#successors.seal(rotated) : null,
      writes: [...ended, ...access.writes, ...refresh.writes],
    };
  }

  /** Uses a refresh token up and issues its successors in one write; undefined when another request was first. */
  async rotate(token: string, ...order: Parameters<Rotation['make']>): Promise<Rotated | undefined> {
    const { tokens, database } = this.#parts;
    const { rotated, sealed, writes } = await this.make(...order);
    const { done } = await database.batch([tokens.spendStatement(token, sealed), ...writes]);
    return done ? rotated : undefined;
  }

  /** Returns the same tokens again, shortly after and while they are unused. The caller has checked that it is the same client. */
  async repeat(token: string, record: TokenRecord): Promise<Rotated | undefined> {
    return this.#base.hardening.refreshRetry ? this.#successors.find(token, record, retryTime) : undefined;
  }

  secondsLeft(expiresAt: number): number {
    return this.#issuer.secondsLeft(expiresAt);
  }
}
