import type { JwtClaims } from '@alongside/kernel/jws';
import type { Vault } from '@alongside/kernel/secrets';
import type { Level, Upstream } from './upstream/upstream.ts';

/** The stored attributes of a token, with the names of the published platform. */
export type Attributes = Record<string, string>;

/** Not a published attribute. */
export const roleIdsAttribute = 'alongside.role_ids';
/** The purposes with which the vault seals the provider's tokens. */
export const sealedAs = { idToken: 'id_token', accessToken: 'external_access_token' } as const;

const claimNames: Readonly<Record<string, string>> = {
  'id_token-subject': 'sub',
  'id_token-issuer': 'iss',
  'id_token-acr': 'acr',
  'id_token-authentication_assurance_level': 'authentication_assurance_level',
  'id_token-amr': 'amr',
  'id_token-id-assurance-level': 'id_assurance_level',
  'id_token-identity-proofing-level': 'identity_proofing_level',
  'id_token-selected_roleid': 'selected_roleid',
};

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
  const present = Object.entries(claimNames).filter(([, claim]) => (claims[claim] ?? '') !== '');
  return {
    ...(idToken === null ? {} : { id_token: vault.seal(sealedAs.idToken, idToken) }),
    ...Object.fromEntries(present.map(([name, claim]) => [name, textOf(claims[claim])])),
    auth_type: 'user',
    auth_grant_type: grantType,
    auth_provider: upstream.providerName,
    auth_level: level.name,
    auth_user_id: upstream.personOf(claims),
  };
}

/** The attributes of application-restricted tokens. */
export const applicationAttributes: Attributes = {
  auth_type: 'app',
  auth_grant_type: 'client_credentials',
  auth_provider: 'apim',
  auth_level: 'level3',
  auth_user_id: '',
};
