import type { JwtClaims } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import type { Condition } from '../oauth/request-batch.ts';
import { isFor } from '../oauth/upstream/calls.ts';
import type { Client } from './clients.ts';
import type { PlatformParts } from './parts.ts';

/** The attribute with the application's client ids at other providers, separated by spaces. */
const attribute = 'id-token-audiences';

/**
 * Whether the provider issued an ID token to this application: `aud` or `azp` names its own client at CIS2, or one that
 * its registration names for a provider elsewhere (OpenID Connect Core section 2, RFC 8693 section 5).
 */
export function isIssuedTo({ aud, azp }: JwtClaims, { application, registration }: Client): boolean {
  const own = application.cis2?.clientId;
  const named = (registration.attributes[attribute] ?? '').split(' ').filter(Boolean);
  return [...(own === undefined ? [] : [own]), ...named].some((id) => isFor(aud, id) || azp === id);
}

/**
 * The condition that an ID token was not exchanged before, by the hash of its signed part, at all base paths. Anyone can turn an
 * ECDSA signature into another valid one.
 */
export function unusedExchange(
  { singleUse, clock }: Pick<PlatformParts, 'singleUse' | 'clock'>,
  idToken: string,
  expiresAt: number,
): Omit<Condition, 'refuse'> {
  const [kind, value] = ['authorisation-exchanged', sha256(idToken.slice(0, idToken.lastIndexOf('.')))];
  return {
    writeStatement: () => singleUse.claimStatement(kind, value, expiresAt - clock.now()),
    holds: async () => !(await singleUse.claimed(kind, value)),
    isOfGrant: true,
  };
}
