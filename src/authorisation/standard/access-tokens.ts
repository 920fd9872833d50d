import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { PlatformHalf } from '../../oauth/applications.ts';
import type { Attributes } from '../attributes.ts';
import type { Base } from '../base.ts';
import { type Issued, Issuer, type TokenGrant } from '../issue.ts';
import type { Parts } from '../parts.ts';
import { audienceAttribute, audienceOf } from './resources.ts';

/** Attribute of tokens: the key that must use them, as JSON (RFC 7800). The gateway holds proofs against it. */
const confirmationAttribute = 'cnf';

/** What a single access token is given beside its grant. */
export interface AccessOptions {
  /** Milliseconds. */
  lifetime: number;
  /** Where it may be used; empty means everywhere at the platform. */
  resources: readonly string[];
  /** Thumbprint of the key that it is bound to. */
  jkt: string | null;
}

/** `token_type` of an access token (RFC 6750, RFC 9449 section 5). */
export const tokenTypeOf = (jkt: string | null): 'Bearer' | 'DPoP' => (jkt === null ? 'Bearer' : 'DPoP');

/** A grant without what belongs to a single token. */
function plainGrant(grant: TokenGrant): TokenGrant {
  const { [confirmationAttribute]: _, [audienceAttribute]: __, ...attributes } = grant.attributes;
  return { ...grant, attributes };
}

/** What a refresh token carries of the same: the whole grant's resources, and a public client's key, as nothing else proves that client (RFC 9449 section 5). */
export const refreshBinding = (
  half: PlatformHalf,
  resources: readonly string[],
  jkt: string | null,
): Attributes => ({
  ...(resources.length === 0 ? {} : { [audienceAttribute]: resources.join(' ') }),
  ...(jkt === null || half.tokenEndpointAuthMethod !== 'none'
    ? {}
    : { [confirmationAttribute]: JSON.stringify({ jkt }) }),
});

/** The key that a token is bound to. */
export function boundKeyOf(attributes: Readonly<Record<string, string>>): string | null {
  const cnf = attributes[confirmationAttribute];
  return cnf === undefined ? null : (JSON.parse(cnf) as { jkt: string }).jkt;
}

function amrOf(text: string | undefined): { amr?: unknown } {
  try {
    const amr: unknown = JSON.parse(text ?? '');
    return Array.isArray(amr) ? { amr } : {};
  } catch {
    return {};
  }
}

/** Access tokens of the standard profile: opaque, or JWTs where the registration says so. Either is in the record, so revocation holds. */
export class AccessTokens {
  readonly #issuer: Issuer;
  readonly #base: Base;
  readonly #parts: Pick<Parts, 'keys' | 'clock' | 'urls'>;

  constructor(base: Base, parts: Pick<Parts, 'tokens' | 'keys' | 'clock' | 'urls'>) {
    this.#base = base;
    this.#parts = parts;
    this.#issuer = new Issuer(base, parts.tokens, parts.clock);
  }

  async issue(half: PlatformHalf, grant: TokenGrant, options: AccessOptions): Promise<Issued> {
    const { lifetime, resources, jkt } = options;
    const plain = plainGrant(grant);
    const attributes = {
      ...plain.attributes,
      ...(resources.length === 0 ? {} : { [audienceAttribute]: resources.join(' ') }),
      ...(jkt === null ? {} : { [confirmationAttribute]: JSON.stringify({ jkt }) }),
    };
    const { format, signingAlg } = half.accessToken;
    if (format !== 'jwt') return this.#issuer.access({ ...plain, attributes }, lifetime);
    const jti = uuid();
    const described = { ...plain, attributes: { ...attributes, jti } };
    const issuedAt = this.#parts.clock.now();
    const claims = this.#claims(described, jti, jkt, lifetime);
    const token = await this.#parts.keys.sign(claims, { algorithm: signingAlg, typ: 'at+jwt' });
    return this.#issuer.made(token, described, issuedAt, lifetime);
  }

  /** RFC 9068 section 2.2. Whoever verifies it alone does not see a revocation. */
  #claims(grant: TokenGrant, jti: string, jkt: string | null, lifetime: number): Record<string, unknown> {
    const now = seconds(this.#parts.clock);
    const { attributes } = grant;
    const audience = audienceOf(attributes);
    return {
      iss: this.#base.issuer,
      sub: grant.uid ?? grant.clientId,
      aud: audience.length > 1 ? audience : (audience[0] ?? this.#parts.urls.api),
      client_id: grant.clientId,
      iat: now,
      exp: now + Math.floor(lifetime / 1_000),
      jti,
      scope: grant.scope.join(' '),
      ...(attributes['id_token-acr'] === undefined ? {} : { acr: attributes['id_token-acr'] }),
      ...amrOf(attributes['id_token-amr']),
      ...(jkt === null ? {} : { cnf: { jkt } }),
    };
  }
}
