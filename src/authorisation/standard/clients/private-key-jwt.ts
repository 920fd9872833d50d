import type { PlatformHalf } from '../../../oauth/applications.ts';
import {
  type AssertionRules,
  assertionFault,
  claimedClient,
  clientAssertionType,
} from '../../../oauth/client-assertion.ts';
import type { Base } from '../../base.ts';
import { algorithmsOf } from '../profile.ts';
import type { ClientMethod } from './method.ts';

/** Whom an assertion of this client must be from and for: the issuer is the only audience (draft-ietf-oauth-rfc7523bis). */
export const assertionRulesOf = (half: PlatformHalf, { issuer }: Base): AssertionRules => ({
  clientId: half.clientId,
  audience: issuer,
  algorithms: algorithmsOf(half),
  jtiKind: 'authorisation-standard-jti',
  needsKid: false,
});

/** A JWT that the client signed with its registered key. */
export const privateKeyJwt: ClientMethod = {
  name: 'private_key_jwt',
  matches: ({ parameters }) => parameters.has('client_assertion'),
  clientId({ parameters }) {
    const named = parameters.get('client_id');
    const claimed = claimedClient(parameters.get('client_assertion'));
    return named === undefined || named === claimed ? claimed : undefined;
  },
  async fault(half, { parameters }, base, parts) {
    const type = parameters.get('client_assertion_type');
    if (type !== clientAssertionType) return `client_assertion_type is ${type ?? 'missing'}`;
    return assertionFault(parameters.get('client_assertion'), assertionRulesOf(half, base), half, parts);
  },
};
