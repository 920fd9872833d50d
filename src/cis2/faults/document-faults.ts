import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { NamedFault } from '../../storage/faults.ts';
import { endpointPaths } from '../model/endpoints.ts';

type Document = Record<string, unknown>;

/** A fault of the discovery document. */
export interface DiscoveryFault extends NamedFault {
  spoil(document: Document): Document;
}

/** A fault of the key set. */
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
    summary: 'the discovery document names a jwks_uri at which there are no keys',
    spoil: (document) => ({ ...document, jwks_uri: `${document.issuer}${endpointPaths.noKeys}` }),
  },
];

/** Unusual key sets (OpenID Connect Core section 10.1). */
export const keySetFaults: readonly KeySetFault[] = [
  {
    name: 'key-set-single',
    summary: 'of RSA keys the key set holds one, which signs with RS256 now',
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
