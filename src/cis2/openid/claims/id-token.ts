import { type Clock, seconds } from '@alongside/kernel/clock';
import { randomDigits, randomToken, uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { halfHash } from '../../../oauth/half-hash.ts';
import type { SignInFacts } from '../../model/token-facts.ts';
import { assurance } from './person.ts';

/** Claims that ForgeRock's product adds to ID tokens, beside the hashes of code and state. Nothing should rely on them; some code of relying parties lists them. */
const forgeRockClaims = (realm: string): Record<string, string> => ({
  auditTrackingId: `${uuid()}-${randomDigits(7)}`,
  'org.forgerock.openidconnect.ops': randomToken(20),
  tokenName: 'id_token',
  tokenType: 'JWTToken',
  realm,
});

/** Seconds. */
const idTokenLifetime = 3_600;

/** What ID tokens are made with. */
export interface IdTokenParts {
  issuer: string;
  keys: TokenSigner;
  clock: Clock;
  forgeRockClaims: boolean;
  /** The realm, as ForgeRock's product names it. */
  realmName: string;
  assuranceAsNumbers: boolean;
}

/** One ID token. */
interface Made {
  facts: SignInFacts;
  accessToken: string;
  nonce: string | null;
  /** `c_hash` and `s_hash`, where there are code and state. */
  hashes: Record<string, string>;
  /** Claims of the person that were asked for by name. */
  more: Record<string, unknown>;
}

/** An ID token (OpenID Connect Core section 2), in the shape that is published for CIS2. */
export function signIdToken(
  parts: IdTokenParts,
  registration: Cis2Registration,
  made: Made,
): Promise<string> {
  const { facts, accessToken, nonce, hashes, more } = made;
  const now = seconds(parts.clock);
  const level = (value: string | number) => assurance(value, parts.assuranceAsNumbers);
  const claims = {
    ...more,
    iss: parts.issuer,
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
    ...(parts.forgeRockClaims && registration.profile === 'nhs'
      ? { ...hashes, ...forgeRockClaims(parts.realmName) }
      : {}),
  };
  return parts.keys.sign(claims, { algorithm: registration.idTokenSigningAlg });
}
