import { seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { type RefusalFacts, shownRegistered } from '@alongside/kernel/refusal-facts';
import type { Check } from '@alongside/kernel/trial';
import type { ClientRegistration } from '../../applications.ts';
import { faultOf, likeness, resultsOf, shown } from '../../check.ts';
import {
  type AssertionRules,
  assertionRules,
  audiencesIn,
  clientAssertionType,
  clientOf,
  signatureCheck,
  unusedCheck,
  verifyAssertion,
} from '../../client-assertion.ts';
import type { Probe } from '../../trial.ts';
import { audienceAdvice } from '../library-defaults.ts';
import { type AuthenticationRules, rulesOf } from '../profile.ts';
import type { AuthenticationServer, ClientAuthenticationMethod, WithRegistration } from './method.ts';

/** Returns the checks of a client assertion for a dry run: its client, its claims, then its signature. */
export const assertionProbes = <K extends WithRegistration>(
  server: AuthenticationServer<K>,
  nameOf: (client: K['client']) => string,
): Probe[] => [
  {
    check: 'client',
    expected: `a client of ${server.issuer} in iss and sub`,
    async step({ assertion }: { assertion: string }) {
      const jwt = decodeJwt(assertion);
      if (!jwt) throw server.errors.assertionInvalid('it is not a compact JWS');
      const known = await server.findClient(clientOf(jwt) ?? '');
      if (!known) throw server.errors.assertionInvalid('no client has this iss and sub');
      return { ...known, jwt };
    },
    needed: true,
    received: ({ client }: K) => nameOf(client),
  },
  {
    async rules({ client: { registration }, jwt }: K & { jwt: NonNullable<ReturnType<typeof decodeJwt>> }) {
      const rules = assertionRulesOf(server, registration);
      const checks = [
        ...resultsOf(assertionRules, { jwt, rules, now: seconds(server.clock) }),
        await signatureCheck(jwt, registration, server.clientKeys),
        await unusedCheck(jwt, rules, server.singleUse),
      ];
      return checks.map((check) => ({ ...check, refuse: server.errors.assertionInvalid }));
    },
  },
];

const endpointsOf = ({ token, pushed = [] }: AuthenticationServer['addresses']): string[] => [
  ...token,
  ...pushed,
];

const audiencesOf = (
  { issuer, addresses }: AuthenticationServer,
  audience: AuthenticationRules['assertion']['audience'],
): AssertionRules['audiences'] => {
  const [token] = addresses.token;
  if (audience === 'either') return [issuer, ...endpointsOf(addresses)];
  return audience === 'issuer' ? [issuer] : [token];
};

function assertionRulesOf(server: AuthenticationServer, registration: ClientRegistration): AssertionRules {
  const { algorithms, assertion } = rulesOf(server, registration);
  const { audience, needsKid, needsJti, maxAhead } = assertion;
  return {
    clientId: registration.clientId,
    audiences: audiencesOf(server, audience),
    mayListAudience: audience === 'either',
    algorithms: registration.signingAlg
      ? algorithms.filter((algorithm) => algorithm === registration.signingAlg)
      : algorithms,
    jtiKind: server.assertionJtiKind,
    needsKid,
    needsJti,
    maxAhead,
  };
}

/** Estimates from `iat` how far the client's clock differs; undefined below ten seconds. */
function clockHint({ iat }: DecodedJwt['claims'], now: number): string | undefined {
  if (typeof iat !== 'number' || Math.abs(iat - now) <= 10) return undefined;
  return iat > now
    ? `by its iat the client’s clock is ${iat - now} s ahead of ours`
    : `by its iat it was made ${now - iat} s before the request, or the client’s clock is behind ours`;
}

/** Returns hints for the log about the mistakes that suppliers make most. */
function hintsOf(
  { header, claims }: DecodedJwt,
  registration: ClientRegistration,
  { audiences }: AssertionRules,
  now: number,
): string[] {
  const kids = registration.jwks?.keys.map(({ kid }) => kid ?? '(none)');
  const unknown = kids && typeof header.kid === 'string' && !kids.includes(header.kid);
  return [
    likeness(claims.aud, audiences[0]),
    clockHint(claims, now),
    unknown ? `registered kids are: ${kids.join(' ') || 'none'}` : undefined,
  ].filter((hint) => hint !== undefined);
}

const reasonFor = (failed: Check): string =>
  failed.check === 'signature' ? `signature: ${failed.received}` : faultOf(failed);

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** Describes the checks of an assertion that failed. */
function factsOf(failed: readonly Check[], jwt: DecodedJwt, registration: ClientRegistration): RefusalFacts {
  const [first, ...others] = failed;
  if (!first || others.length === 0) return factsOfOne(first, jwt, registration);
  const names = listed(failed.map(({ check }) => check));
  return {
    field: names,
    headline: `${names} of the assertion are wrong`,
    received: failed.map(({ check, received }) => `${check}: ${received}`).join('; '),
    expected: failed.map(({ check, expected }) => `${check}: ${expected}`).join('; '),
  };
}

function factsOfOne(
  failed: Check | undefined,
  { header: { kid } }: DecodedJwt,
  { jwks }: ClientRegistration,
): RefusalFacts {
  if (!failed) return {};
  const { check, received, expected } = failed;
  const kids = jwks?.keys.flatMap((key) => key.kid ?? []);
  const isUnknown = typeof kid === 'string' && kids !== undefined && !kids.includes(kid);
  if (check === 'signature' && isUnknown)
    return {
      field: 'kid',
      headline: 'No registered key has this kid',
      received: shown(kid),
      expected: shownRegistered(kid, kids),
    };
  const headline =
    check === 'signature' ? 'The signature of the assertion is wrong' : `${check} of the assertion is wrong`;
  return { field: check === 'signature' ? 'client_assertion' : check, headline, received, expected };
}

/** Returns the remedy by the rules of the client's profile, in the words of the libraries whose default is recognised. */
function adviceOf(
  failed: readonly Check[],
  jwt: DecodedJwt,
  { audiences: [advised], mayListAudience }: AssertionRules,
  { addresses }: AuthenticationServer,
): string {
  const [first] = failed;
  if (first?.check === 'signature') return 'Sign the assertion with a registered key, and name it in kid.';
  const endpoints = endpointsOf(addresses);
  const isEndpoint = audiencesIn(jwt).some((audience) => endpoints.includes(audience));
  if (failed.some(({ check }) => check === 'aud') && !mayListAudience && isEndpoint)
    return audienceAdvice(advised);
  return `Set iss and sub to the client_id, aud to ${advised}, exp a few minutes ahead and jti to a new value. Try it: alongside validate.`;
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
  read({ parameters }) {
    const jwt = decodeJwt(parameters.get('client_assertion') ?? '');
    return {
      clientId: clientOf(jwt),
      async verify({ registration }, server) {
        const named = parameters.get('client_assertion_type');
        if (named !== clientAssertionType)
          return {
            reason: `client_assertion_type is ${named ?? 'missing'}, ${clientAssertionType} was expected`,
            facts: {
              field: 'client_assertion_type',
              received: named === undefined ? 'missing' : shown(named),
              expected: clientAssertionType,
            },
          };
        if (!jwt) return 'client_assertion is not a compact JWS';
        const rules = assertionRulesOf(server, registration);
        const hinted = (fault: string): string =>
          [fault, ...hintsOf(jwt, registration, rules, seconds(server.clock))].join('; ');
        const result = await verifyAssertion(jwt, rules, registration, server);
        if ('kind' in result) return { ...result, fault: () => hinted(result.fault()) };
        const fix = adviceOf(result, jwt, rules, server);
        return {
          reason: hinted(result.map(reasonFor).join('; ')),
          facts: { ...factsOf(result, jwt, registration), fix },
        };
      },
    };
  },
});
