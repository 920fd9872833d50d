import { type Clock, seconds } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Cis2Half } from '../../oauth/applications.ts';
import type { CodeGrant } from '../codes.ts';
import { forgeRockClaims } from './forgerock.ts';
import { halfHash } from './half-hash.ts';
import { assurance } from './person.ts';

/** Seconds. */
const idTokenLifetime = 3_600;

interface Parts {
  issuer: string;
  keys: SigningKeys;
  clock: Clock;
  forgeRockClaims: boolean;
  assuranceAsNumbers: boolean;
}

/** The ID token of a redeemed code (OpenID Connect Core section 2), in the shape that is published for CIS2. */
export function signIdToken(
  parts: Parts,
  client: Cis2Half,
  made: { grant: CodeGrant; code: string; accessToken: string; more: Record<string, unknown> },
): Promise<string> {
  const { grant, code, accessToken, more } = made;
  const now = seconds(parts.clock);
  const level = (value: string | number) => assurance(value, parts.assuranceAsNumbers);
  const claims = {
    ...more,
    iss: parts.issuer,
    sub: grant.uid,
    aud: client.clientId,
    azp: client.clientId,
    exp: now + idTokenLifetime,
    iat: now,
    auth_time: grant.authTime,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    at_hash: halfHash(accessToken),
    acr: grant.acr,
    amr: grant.methods,
    sid: grant.sid,
    id_assurance_level: level(grant.idAssuranceLevel),
    // Relying parties read it under userinfo's name as well.
    idassurancelevel: level(grant.idAssuranceLevel),
    authentication_assurance_level: level(grant.level),
    ...(grant.roleId === null ? {} : { selected_roleid: grant.roleId }),
    ...(parts.forgeRockClaims && client.profile === 'nhs' ? forgeRockClaims(code, grant.stateHash) : {}),
  };
  return parts.keys.sign(claims, { algorithm: client.idTokenSigningAlg });
}
