import { type Clock, seconds } from '@alongside/kernel/clock';
import { randomDigits, randomToken, uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import { halfHash } from '@alongside/kernel/secrets';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import type { SignInFacts } from '../../model/token-facts.ts';
import { assurance } from './person.ts';

/** Claims that ForgeRock's product adds to ID tokens, besides the hashes of code and state. Some relying parties list them in code; none should rely on them. */
const forgeRockClaims = (realm: string): Record<string, string> => ({
  auditTrackingId: `${uuid()}-${randomDigits(7)}`,
  'org.forgerock.openidconnect.ops': randomToken(20),
  tokenName: 'id_token',
  tokenType: 'JWTToken',
  realm,
});

/** Seconds. */
const idTokenLifetime = 3_600;

export interface IdTokenSettings {
  issuer: string;
  keys: TokenSigner;
  clock: Clock;
  forgeRockClaims: boolean;
  /** The realm, as ForgeRock's product names it. */
  realmName: string;
  assuranceAsNumbers: boolean;
}

interface IdTokenData {
  facts: SignInFacts;
  accessToken: string;
  nonce: string | null;
  /** Returns `c_hash` and `s_hash`, where there are code and state. */
  hashes: () => Record<string, string>;
  /** Claims about the user that were requested by name. */
  more: Record<string, unknown>;
}

/** Signs an ID token (OpenID Connect Core section 2) in the form published for CIS2. */
export function signIdToken(
  settings: IdTokenSettings,
  registration: Cis2Registration,
  data: IdTokenData,
): Promise<string> {
  const { facts, accessToken, nonce, hashes, more } = data;
  const now = seconds(settings.clock);
  const level = (value: string | number) => assurance(value, settings.assuranceAsNumbers);
  const claims = {
    ...more,
    iss: settings.issuer,
    sub: facts.uid,
    aud: registration.clientId,
    azp: registration.clientId,
    exp: now + idTokenLifetime,
    iat: now,
    auth_time: facts.authTime,
    ...(nonce === null ? {} : { nonce }),
    at_hash: halfHash(accessToken),
    acr: facts.acr,
    amr: facts.methods,
    sid: facts.sid,
    id_assurance_level: level(facts.idAssuranceLevel),
    // Relying parties read it under userinfo's name as well.
    idassurancelevel: level(facts.idAssuranceLevel),
    authentication_assurance_level: level(facts.level),
    ...(facts.roleId === null ? {} : { selected_roleid: facts.roleId }),
    ...(settings.forgeRockClaims && registration.profile === 'nhs'
      ? { ...hashes(), ...forgeRockClaims(settings.realmName) }
      : {}),
  };
  return settings.keys.sign(claims, { algorithm: registration.idTokenSigningAlg });
}
