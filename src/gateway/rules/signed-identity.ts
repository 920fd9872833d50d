import { seconds } from '@alongside/kernel/clock';
import type { JwtClaims } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { addressOf } from '../addresses.ts';
import type { Call } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { identityJwtHeader } from '../trusted-names.ts';
import type { Arrival } from './request.ts';
import type { Verified } from './token.ts';

/** Its `typ`, so that nothing that accepts access tokens, ID tokens or logout tokens takes it for one (RFC 8725 section 3.11). */
const typ = 'nhsd-identity+jwt';

/** Seconds for which it is valid. It is made for one call. */
const life = 60;

/** Signs the identity of one call with a key of the platform. The issuer is the gateway, whose address is no issuer of tokens. */
async function signed({ gateway, api, request }: Arrival, caller: JwtClaims): Promise<string> {
  const { identitySigner, clock, urls } = gateway;
  const iat = seconds(clock);
  if (!identitySigner)
    throw errors.unexpected('the gateway has no key for signed identities', { messageId: request.id });
  const claims = { iss: urls.api, aud: addressOf(urls, api), iat, exp: iat + life, jti: request.id };
  return identitySigner.sign({ ...claims, ...caller }, { algorithm: 'ES256', typ });
}

/** Returns claims about the user, with the names of CIS2 and of NHS login; absent ones are undefined, which JSON omits. */
function userOf({ mode, role, token: { attributes } }: Call): JwtClaims {
  const common = {
    idp: attributes['id_token-issuer'],
    acr: attributes['id_token-acr'],
    amr: attributes['id_token-amr']?.split(' '),
  };
  if (mode.name === 'user-restricted')
    return {
      ...common,
      sub: attributes['id_token-subject'],
      authentication_assurance_level: attributes['id_token-authentication_assurance_level'],
      selected_roleid: role || attributes['id_token-selected_roleid'],
      roles: attributes['alongside.role_ids']?.split(' ').filter(Boolean),
    };
  if (mode.name !== 'patient-access') return {};
  return {
    ...common,
    sub: attributes['id_token-subject'] ?? attributes.auth_user_id,
    nhs_number: attributes['id_token-nhs_number'] ?? attributes.auth_user_id,
    identity_proofing_level: attributes['id_token-identity-proofing-level'],
    vot: attributes['id_token-vot'],
  };
}

async function addIdentity(
  call: Arrival & Call & Pick<Verified, 'presented'> & { outbound: Map<string, string> },
): Promise<void> {
  const { token, mode, outbound, presented } = call;
  const jwt = await signed(call, {
    sub: token.clientId,
    client_id: token.clientId,
    access_mode: mode.name,
    scope: token.scope,
    ath: sha256(presented.token),
    ...userOf(call),
  });
  outbound.set(identityJwtHeader, jwt);
}

/** Adds the signed identity of a call with a token, for an API that has it. */
export function signIdentity(call: Parameters<typeof addIdentity>[0]): Promise<void> | undefined {
  return call.api.signsIdentity ? addIdentity(call) : undefined;
}

/** Returns the signed identity of a call with an API key, which identifies an application alone. */
export async function keyedIdentity(call: Arrival, clientId: string): Promise<Record<string, string>> {
  if (!call.api.signsIdentity) return {};
  const caller = { sub: clientId, client_id: clientId, access_mode: 'api-key' };
  return { [identityJwtHeader]: await signed(call, caller) };
}
