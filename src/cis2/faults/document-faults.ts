import type { JsonWebKey } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { NamedFault } from '../../storage/faults.ts';
import { endpointPaths } from '../protocol.ts';

type Document = Record<string, unknown>;

export interface DiscoveryFault extends NamedFault {
  spoil(document: Document): Document;
}

export interface KeySetFault extends NamedFault {
  spoil(keys: readonly JsonWebKey[], all: SigningKeys, now: number): Promise<readonly JsonWebKey[]>;
}

/** Faults of the discovery document (OpenID Connect Discovery section 4.3). */
export const discoveryFaults: readonly DiscoveryFault[] = [
  {
    name: 'discovery-other-issuer',
    summary: 'the discovery document names another issuer',
    spoil: (document) => ({ ...document, issuer: 'https://issuer.example.test' }),
  },
  {
    name: 'discovery-empty-key-set',
    summary: 'the jwks_uri of the discovery document leads to an empty key set',
    spoil: (document) => ({ ...document, jwks_uri: `${document.issuer}${endpointPaths.noKeys}` }),
  },
];

/** Unusual key sets (OpenID Connect Core section 10.1). */
export const keySetFaults: readonly KeySetFault[] = [
  {
    name: 'key-set-single',
    summary: 'the key set has only one RSA key, the one that signs with RS256 now',
    // The EC key stays, because the agent needs it for sign-ins with a card.
    async spoil(keys, all, now) {
      const known = await all.describe();
      const current = known.find(
        ({ algorithm, signsFrom, signsUntil }) =>
          algorithm === 'RS256' && signsFrom <= now && (signsUntil ?? Number.POSITIVE_INFINITY) > now,
      );
      return keys.filter(({ kty, kid }) => kty !== 'RSA' || kid === current?.kid);
    },
  },
];

type Claims = Record<string, unknown>;

interface UserinfoFault extends NamedFault {
  spoil(claims: Claims): Claims;
}

/** Faults and unusual forms of the userinfo response. */
export const userinfoFaults: readonly UserinfoFault[] = [
  {
    name: 'userinfo-other-subject',
    summary: 'userinfo has another sub than the ID token (OpenID Connect Core section 5.3.2)',
    spoil: (claims) => ({ ...claims, sub: '999999999999' }),
  },
  {
    name: 'userinfo-no-roles',
    summary: 'userinfo has no role',
    spoil: (claims) => ({
      ...claims,
      ...('nhsid_nrbac_roles' in claims ? { nhsid_nrbac_roles: [] } : {}),
    }),
  },
  {
    name: 'userinfo-single-objects',
    summary: 'userinfo has an object instead of a list of one',
    spoil: (claims) =>
      Object.fromEntries(
        Object.entries(claims).map(([name, value]) => [
          name,
          Array.isArray(value) && value.length === 1 ? value[0] : value,
        ]),
      ),
  },
];
