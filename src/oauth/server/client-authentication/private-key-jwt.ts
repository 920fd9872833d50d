import { seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import type { ClientRegistration } from '../../applications.ts';
import { likeness } from '../../check.ts';
import {
  type AssertionRules,
  assertionFault,
  claimedClient,
  clientAssertionType,
} from '../../client-assertion.ts';
import { type AuthenticationRules, rulesOf } from '../profile.ts';
import type { AuthenticationServer, ClientAuthenticationMethod } from './method.ts';

const audiencesOf = (
  { issuer, addresses }: AuthenticationServer,
  audience: AuthenticationRules['assertion']['audience'],
): AssertionRules['audiences'] => {
  const [token] = addresses.token;
  if (audience === 'either') return [token, issuer];
  return audience === 'issuer' ? [issuer] : [token];
};

/** Returns the rules for assertions of this client. */
export function assertionRulesOf(
  server: AuthenticationServer,
  registration: ClientRegistration,
): AssertionRules {
  const { algorithms, assertion } = rulesOf(server, registration);
  const { audience, needsKid, longestAhead } = assertion;
  return {
    clientId: registration.clientId,
    audiences: audiencesOf(server, audience),
    algorithms: registration.signingAlg
      ? algorithms.filter((algorithm) => algorithm === registration.signingAlg)
      : algorithms,
    jtiKind: server.assertionJtiKind,
    needsKid,
    longestAhead,
  };
}

/** Estimates from `iat` how far the client's clock differs; undefined below ten seconds. */
function clockHint({ iat }: DecodedJwt['claims'], now: number): string | undefined {
  if (typeof iat !== 'number' || Math.abs(iat - now) <= 10) return undefined;
  return iat > now
    ? `by its iat the client’s clock is ${iat - now} s ahead of ours`
    : `by its iat it was made ${now - iat} s ago, or the client’s clock is behind ours`;
}

/** Returns hints for the log about the mistakes that suppliers make most. */
function hintsOf(
  assertion: string,
  registration: ClientRegistration,
  { audiences }: AssertionRules,
  now: number,
): string[] {
  const jwt = decodeJwt(assertion);
  if (!jwt) return [];
  const { header, claims } = jwt;
  const kids = registration.jwks?.keys.map(({ kid }) => kid ?? '(none)');
  const unknown = kids && typeof header.kid === 'string' && !kids.includes(header.kid);
  return [
    likeness(claims.aud, audiences[0]),
    clockHint(claims, now),
    unknown ? `registered kids are: ${kids.join(' ') || 'none'}` : undefined,
  ].filter((hint) => hint !== undefined);
}

/**
 * `private_key_jwt` (OpenID Connect Core section 9, RFC 7523).
 * @param type whether `client_assertion_type` without an assertion is an attempt of this method.
 */
export const privateKeyJwt = (type: 'counts' | 'ignored'): ClientAuthenticationMethod => ({
  ids: ['private_key_jwt'],
  place: 'assertion',
  failure: 'assertionInvalid',
  isUsed: ({ parameters }) =>
    parameters.has('client_assertion') || (type === 'counts' && parameters.has('client_assertion_type')),
  claimedClient: ({ parameters }) => claimedClient(parameters.get('client_assertion')),
  async verify({ parameters }, { registration }, server) {
    const named = parameters.get('client_assertion_type');
    if (named !== clientAssertionType)
      return `client_assertion_type is ${named ?? 'missing'}, ${clientAssertionType} was expected`;
    const assertion = parameters.get('client_assertion') ?? '';
    const rules = assertionRulesOf(server, registration);
    const fault = await assertionFault(assertion, rules, registration, server);
    if (fault === undefined) return undefined;
    return [fault, ...hintsOf(assertion, registration, rules, seconds(server.clock))].join('; ');
  },
});
