import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedId } from '@alongside/kernel/ids';
import type { JwtClaims } from '@alongside/kernel/jws';
import type { Vault } from '@alongside/kernel/secrets';
import type { Parameters } from '../oauth/parameters.ts';
import type { TokenGrant as StoredGrant } from '../oauth/token-records.ts';
import type { NewToken, PlacedToken, Tokens } from '../oauth/tokens.ts';
import type { Level, Upstream } from '../oauth/upstream/upstream.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import type { Client } from './clients.ts';
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
  attributes: Readonly<Attributes>;
  /** The authorization, if it is stored already. */
  grant?: StoredGrant | undefined;
  refreshed?: boolean;
}

/** Lifetime of an access token in milliseconds, as published. */
export const accessLifetime = 600_000;

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

  access(grant: TokenGrant, lifetime: number): NewToken {
    return this.made(this.#tokens.newAccessToken(grant), grant, this.#clock.now(), lifetime);
  }

  /** Returns an access token that was created elsewhere, such as a JWT. `issuedAt` is in milliseconds. */
  made(token: PlacedToken, grant: TokenGrant, issuedAt: number, lifetime: number): NewToken {
    return this.#newToken('access', token, grant, issuedAt, lifetime);
  }

  /** @param extra attributes of the refresh token alone */
  refresh(grant: TokenGrant, lifetime: number, extra: Attributes): NewToken {
    const token = this.#tokens.newRefreshToken();
    return this.#newToken('refresh', token, grant, this.#clock.now(), lifetime, extra);
  }

  /** Returns the first refresh token of an authorization. `lifetimes` are in milliseconds, `extra` are attributes of it alone. */
  firstRefresh(
    grant: TokenGrant,
    { refresh, validity }: { refresh: number; validity: number },
    extra: Attributes = {},
  ): NewToken {
    return this.refresh(grant, Math.min(refresh, validity), {
      refresh_count: '0',
      _refresh_tokens_validity_ms: String(validity),
      ...extra,
    });
  }

  /** Returns the statements that store tokens of one authorization, with audit records of access tokens. */
  writeStatements(
    request: HttpRequest,
    grant: TokenGrant,
    ...tokens: readonly (NewToken | undefined)[]
  ): Statement[] {
    const made = tokens.filter((token) => token !== undefined);
    const issuer = this.#base.issuer;
    // Those of a stored authorization are not written again.
    const attributes = grant.grant?.data.attributes ?? {
      _first_issued: String(made[0]?.issuedAt),
      ...grant.attributes,
      issuer,
    };
    const source = { ...grant, issuer, scope: grant.scope.join(' '), attributes };
    return [
      ...this.#tokens.issueStatements(source, made),
      ...made
        .filter(({ kind }) => kind === 'access')
        .map((token) => this.#recordStatement(token, grant, request)),
    ];
  }

  /** Returns the remaining seconds of a token less one, as published: 599 for a new one. Never negative. */
  secondsLeft(expiresAt: number): number {
    return Math.max(0, Math.ceil((expiresAt - this.#clock.now()) / 1_000) - 1);
  }

  #newToken(
    kind: NewToken['kind'],
    token: PlacedToken,
    { scope, attributes }: TokenGrant,
    issuedAt: number,
    lifetime: number,
    extra: Attributes = {},
  ): NewToken {
    const issuer = this.#base.issuer;
    return {
      ...token,
      kind,
      scope: scope.join(' '),
      attributes: { _first_issued: String(issuedAt), ...attributes, issuer, ...extra },
      issuedAt,
      expiresAt: issuedAt + lifetime,
    };
  }

  #recordStatement({ hash, scope }: NewToken, grant: TokenGrant, { activity }: HttpRequest): Statement {
    const { applicationId, uid, sid, family, attributes, refreshed = false } = grant;
    return this.#audit.recordStatement(
      {
        action: refreshed ? 'authorisation.tokens-refreshed' : 'authorisation.tokens-issued',
        outcome: 'ok',
        actor: uid ?? '',
        application: applicationId,
        session: sid,
        family,
        tokenId: hash,
        detail: { base: this.#base.path, grant: attributes.auth_grant_type, scope },
      },
      activity,
    );
  }
}

/** The stored attributes of a token, with the names of the published platform. */
export type Attributes = Record<string, string>;

/** Not published attributes. */
export const roleIdsAttribute = 'alongside.role_ids';
export const authTimeAttribute = 'alongside.auth_time';
/** The purposes with which the vault seals the provider's tokens. */
export const sealedAs = { idToken: 'id_token', accessToken: 'external_access_token' } as const;

/** The attributes of claims, and the claims. */
const claimNames = [
  ['id_token-subject', 'sub'],
  ['id_token-issuer', 'iss'],
  ['id_token-acr', 'acr'],
  ['id_token-authentication_assurance_level', 'authentication_assurance_level'],
  ['id_token-amr', 'amr'],
  ['id_token-id-assurance-level', 'id_assurance_level'],
  ['id_token-identity-proofing-level', 'identity_proofing_level'],
  ['id_token-selected_roleid', 'selected_roleid'],
] as const;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Returns the attributes for a verified ID token. Omits absent and empty claims. The token is null for minted tokens. */
export function userAttributes(
  {
    idToken,
    claims,
    upstream,
    level,
  }: { idToken: string | null; claims: JwtClaims; upstream: Upstream; level: Level },
  grantType: 'authorization_code' | 'token_exchange',
  vault: Vault,
): Attributes {
  const attributes: Attributes = idToken === null ? {} : { id_token: vault.seal(sealedAs.idToken, idToken) };
  for (const [name, claim] of claimNames)
    if ((claims[claim] ?? '') !== '') attributes[name] = textOf(claims[claim]);
  return {
    ...attributes,
    auth_type: 'user',
    auth_grant_type: grantType,
    auth_provider: upstream.providerName,
    auth_level: level.name,
    auth_user_id: upstream.personOf(claims),
  };
}

/** Returns the attributes of a sign-in that only ID tokens of the platform need. */
export const signInAttributes = ({ auth_time: authTime }: JwtClaims): Attributes =>
  typeof authTime === 'number' ? { [authTimeAttribute]: String(authTime) } : {};

/** The attributes of application-restricted tokens. */
export const applicationAttributes: Attributes = {
  auth_type: 'app',
  auth_grant_type: 'client_credentials',
  auth_provider: 'apim',
  auth_level: 'level3',
  auth_user_id: '',
};

/** Returns the grant of an application for itself. */
export const applicationGrant = (
  { application, registration }: Client,
  scope: readonly string[],
): TokenGrant => ({
  applicationId: application.id,
  clientId: registration.clientId,
  family: orderedId(),
  uid: null,
  sid: null,
  scope,
  attributes: applicationAttributes,
});
