import { type Clock, seconds } from '@alongside/kernel/clock';
import { decodeJwt } from '@alongside/kernel/jws';
import { assertionFault, claimedClient, clientAssertionType } from '../../../../oauth/client-assertion.ts';
import type { RemoteKeys } from '../../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../../storage/single-use.ts';
import { tokenErrors } from '../../../errors/token.ts';
import { endpointPaths } from '../../../model/endpoints.ts';
import { assertionAlgorithms } from '../../../model/profiles.ts';
import { assertionHints } from './assertion-hints.ts';
import type { ClientAuthenticationMethod } from './method.ts';

interface Parts {
  issuer: string;
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
}

const refuse = (detail: string) => tokenErrors.assertionInvalid(detail);

/** `private_key_jwt` (OpenID Connect Core section 9, RFC 7523). */
export const privateKeyJwt = (parts: Parts): ClientAuthenticationMethod => ({
  ids: ['private_key_jwt'],
  isUsed: ({ parameters }) => parameters.has('client_assertion') || parameters.has('client_assertion_type'),
  claimedClient: ({ parameters }) => claimedClient(parameters.get('client_assertion')),
  refuse,
  async prove({ parameters }, { client }) {
    const { issuer, clock } = parts;
    const type = parameters.get('client_assertion_type');
    if (type !== clientAssertionType)
      throw refuse(`client_assertion_type is ${type ?? 'missing'}, ${clientAssertionType} was expected`);
    const assertion = parameters.get('client_assertion') ?? '';
    // The published service wants its token endpoint, all others the issuer, and nothing beside.
    const audience = client.profile === 'nhs' ? `${issuer}${endpointPaths.token}` : issuer;
    const { clientId } = client;
    const algorithms = assertionAlgorithms(client);
    const needsKid = client.profile === 'nhs';
    const rules = { clientId, audience, algorithms, jtiKind: 'cis2-assertion', needsKid };
    const fault = await assertionFault(assertion, rules, client, parts);
    if (fault === undefined) return;
    const jwt = decodeJwt(assertion);
    const hints = jwt ? assertionHints(jwt, client, { audience, now: seconds(clock) }) : [];
    throw refuse([fault, ...hints].join('; '));
  },
});
