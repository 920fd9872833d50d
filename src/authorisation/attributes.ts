import type { JwtClaims } from '@alongside/kernel/jws';
import type { Vault } from '@alongside/kernel/secrets';
import type { Level, Upstream } from './upstream/upstream.ts';

/** What is stored on a token, named as the published platform names it; all are texts. */
export type Attributes = Record<string, string>;

/** Names of our own, beside the published ones. */
export const roleIdsAttribute = 'alongside.role_ids';
/** Names under which the vault seals the provider's tokens. */
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

/** What a verified ID token says, for the gateway. Claims that are absent or empty are left out. The token itself is null where claims stand without one. */
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

/** What is known of a token that stands for an application alone. */
export const applicationAttributes: Attributes = {
  auth_type: 'app',
  auth_grant_type: 'client_credentials',
  auth_provider: 'apim',
  auth_level: 'level3',
  auth_user_id: '',
};
