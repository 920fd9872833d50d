import type { HttpRequest } from '@alongside/kernel/http';
import { z } from 'zod';
import type { StoredProduct } from '../oauth/products.ts';
import { scopesOf } from '../oauth/products.ts';
import { RefreshSuccessors } from '../oauth/refresh-successors.ts';
import type { RequestBatch } from '../oauth/request-batch.ts';
import type { TokenRecord } from '../oauth/token-records.ts';
import type { NewToken } from '../oauth/tokens.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import { Issuer, type TokenGrant } from './issue.ts';
import type { PlatformParts } from './parts.ts';

const rotatedShape = z.object({
  accessToken: z.string(),
  accessExpiresAt: z.number(),
  refreshToken: z.string(),
  refreshExpiresAt: z.number(),
  count: z.number(),
  scope: z.string(),
});
/** The tokens of a refresh. Times in milliseconds. */
export type Rotated = z.infer<typeof rotatedShape>;

/** Creates the access token of a refresh, if it is not opaque. */
type MakeAccess = (grant: TokenGrant, lifetime: number) => NewToken | Promise<NewToken>;

/** Milliseconds within which a client that repeats a refresh gets the same successor. */
const retryTime = 30_000;
const successorPurpose = 'refresh-successor';

/** Returns the scopes of the token that the application's products still include. */
export const scopesLeft = (record: TokenRecord, products: readonly StoredProduct[]): string[] => {
  const current = scopesOf(products);
  return record.scope.split(' ').filter((scope) => current.includes(scope));
};

/** Returns the provider of a token, which determines the total time of refreshing. */
export const upstreamOf = (base: Base, record: TokenRecord): Upstream =>
  base.upstreams.find(({ providerName }) => providerName === record.attributes.auth_provider) ??
  base.upstreams[0];

/** Returns when refreshing ends: the total validity after the first token. */
export const endOfRefreshing = (record: TokenRecord, validity: number): number => {
  const { _first_issued: first, _refresh_tokens_validity_ms: stored } = record.attributes;
  const total = stored === undefined ? validity : Math.min(validity, Number(stored));
  return Number(first ?? record.issuedAt) + total;
};

/** Rotation of refresh tokens at one base path (RFC 9700 section 4.14.2). */
export class Rotation {
  readonly #base: Base;
  readonly #parts: Pick<PlatformParts, 'tokens' | 'clock' | 'vault' | 'audit'>;
  readonly #issuer: Issuer;
  readonly #successors: RefreshSuccessors<Rotated>;

  constructor(base: Base, parts: Pick<PlatformParts, 'tokens' | 'clock' | 'vault' | 'audit'>) {
    this.#base = base;
    this.#parts = parts;
    this.#issuer = new Issuer(base, parts);
    this.#successors = new RefreshSuccessors(parts, successorPurpose, rotatedShape);
  }

  /** Creates the successors of a refresh token with their statements, and seals them for a repeated request. */
  async make(
    request: HttpRequest,
    record: TokenRecord,
    scope: readonly string[],
    ends: { accessLifetime: number; refreshExpiresAt: number },
    accessScope = scope,
    makeAccess: MakeAccess = (grant, lifetime) => this.#issuer.access(grant, lifetime),
  ): Promise<{ rotated: Rotated; sealed: string | null; writes: readonly Statement[] }> {
    const { tokens, clock } = this.#parts;
    const { refresh_count: before, _refresh_tokens_validity_ms: validity, ...attributes } = record.attributes;
    const count = Number(before ?? 0) + 1;
    const { refreshRetry, refreshEndsAccess } = this.#base.hardening;
    const renewed = refreshEndsAccess ? tokens.renewAccess(record.grant) : undefined;
    const stored = renewed?.grant ?? record.grant;
    const grant: TokenGrant = { ...record, grant: stored, scope, attributes, refreshed: true };
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
    return {
      rotated,
      sealed: refreshRetry ? this.#successors.seal(rotated) : null,
      writes: [
        ...(renewed ? [renewed.statement] : []),
        ...this.#issuer.writeStatements(request, grant, access, refresh),
      ],
    };
  }

  /** Spends a refresh token and issues its successors in one batch; undefined if another request was first. */
  async rotate(
    batch: RequestBatch,
    token: string,
    ...order: Parameters<Rotation['make']>
  ): Promise<Rotated | undefined> {
    const { rotated, sealed, writes } = await this.make(...order);
    const done = await batch.commit([this.#parts.tokens.spendStatement(token, sealed), ...writes]);
    return done ? rotated : undefined;
  }

  /** Returns the same tokens again within the retry time while they are unused. The caller has checked the client. */
  async repeat(token: string, record: TokenRecord): Promise<Rotated | undefined> {
    return this.#base.hardening.refreshRetry ? this.#successors.find(token, record, retryTime) : undefined;
  }

  secondsLeft(expiresAt: number): number {
    return this.#issuer.secondsLeft(expiresAt);
  }
}
