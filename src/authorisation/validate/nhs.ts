import { seconds } from '@alongside/kernel/clock';
import type { DecodedJwt } from '@alongside/kernel/jws';
import { resultsOf } from '../../oauth/check.ts';
import type { Probe } from '../../oauth/trial.ts';
import {
  type Assertion,
  checkAssertionSignature,
  checkAssertionType,
  checkAudience,
  checkNotBefore,
  claimed,
  claimRules,
  decodeAssertion,
  identifyByAssertion,
  isUsed,
  lastRules,
} from '../application/assertion.ts';
import { checkSecret, identifyByForm } from '../application/client.ts';
import { errors } from '../errors.ts';
import { type Incoming, refuseRepeated } from '../incoming.ts';
import { checkGrantType } from '../nhs/application-checks.ts';
import {
  checkChallenge,
  checkRedirectUri,
  checkResponseType,
  checkState,
  identify,
} from '../nhs/authorize.ts';
import { checkActor, verifyActor } from '../nhs/grants/actor-token.ts';
import {
  authorizationCode,
  checkRedirectUri as checkSameRedirect,
  checkVerifier,
  findCode,
} from '../nhs/grants/authorization-code.ts';
import { clientCredentials, keepApplicationScopes } from '../nhs/grants/client-credentials.ts';
import { grantTypes } from '../nhs/grants/grant.ts';
import { checkPeriod, findToken, refreshToken, refuseUsed } from '../nhs/grants/refresh-token.ts';
import {
  checkSubject,
  checkSubjectAudience,
  checkSubjectIssuer,
  checkSubjectSignature,
  decodeSubject,
  readLevels,
  refuseEndedSession,
} from '../nhs/grants/subject-token.ts';
import { keepScopes, tokenExchange } from '../nhs/grants/token-exchange.ts';
import type { NhsServer } from '../nhs/server.ts';
import { clientName, standing } from './trial.ts';

const parameter =
  (of: 'query' | 'form', name: string) =>
  (known: Incoming): unknown =>
    known[of].get(name);

/** The checks of an authorization request, in the order of `nhs/authorize.ts`. */
export const authorizeProbes = ({ base }: NhsServer): Probe[] => [
  { step: refuseRepeated },
  {
    check: 'client_id',
    expected: `the API key of an application at ${base.path}`,
    step: identify,
    needed: true,
    received: clientName,
  },
  ...standing(base),
  {
    check: 'redirect_uri',
    expected: 'a registered callback URL, byte for byte',
    step: checkRedirectUri,
    received: parameter('query', 'redirect_uri'),
  },
  { check: 'state', expected: 'any text', step: checkState, received: parameter('query', 'state') },
  { check: 'response_type', expected: 'code', step: checkResponseType },
  {
    check: 'code_challenge',
    expected: 'none, or one of the method S256',
    step: checkChallenge,
  },
];

/** The checks of a decoded client assertion, in the order of `application/assertion.ts`. */
export const assertionProbes = ({ base, parts: { clock, singleUse } }: NhsServer): Probe[] => {
  return [
    {
      async rules({ jwt }: { jwt: DecodedJwt }) {
        const now = seconds(clock);
        const used = await isUsed(singleUse, claimed({ jwt }), base);
        return [...claimRules, ...lastRules(!used)].flatMap(([rule, refuse]) =>
          resultsOf([rule], { jwt, now }).map((result) => ({ ...result, refuse })),
        );
      },
    },
    { step: (known: { jwt: DecodedJwt }): { assertion: Assertion } => ({ assertion: claimed(known) }) },
    {
      check: 'client',
      expected: `an application at ${base.path} with the API key of iss and sub`,
      step: identifyByAssertion,
      needed: true,
      received: clientName,
    },
    ...standing(base),
    {
      check: 'signature',
      expected: 'that of the registered key with this kid, by RS512',
      step: checkAssertionSignature,
    },
    { check: 'aud', expected: base.tokenUrl, step: checkAudience },
    { check: 'nbf', expected: 'none, or a past time', step: checkNotBefore },
  ];
};

const signed = (server: NhsServer, grantType: string): Probe[] => [
  { check: 'client_assertion_type', expected: 'jwt-bearer', step: checkAssertionType },
  { check: 'grant_type', expected: grantType, step: checkGrantType(grantType) },
  { check: 'client_assertion', expected: 'a signed JWT', step: decodeAssertion, needed: true },
  ...assertionProbes(server),
];

const subject = ({ base }: NhsServer): Probe[] => [
  { check: 'subject_token', expected: 'an ID token', step: decodeSubject, needed: true },
  { check: 'subject_token', expected: 'valid header and claims', step: checkSubject },
  { check: 'act', expected: 'none, or a whole actor token', step: checkActor },
  {
    check: 'subject_token iss',
    expected: base.upstreams.map(({ issuer }) => issuer).join(' or '),
    step: checkSubjectIssuer,
    needed: true,
  },
  {
    check: 'subject_token signature',
    expected: 'that of its issuer',
    step: checkSubjectSignature,
  },
  {
    check: 'subject_token aud',
    expected: "the application's client at CIS2",
    step: checkSubjectAudience,
  },
  { check: 'act signature', expected: 'that of its issuer', step: verifyActor },
  { check: 'session', expected: 'a live one', step: refuseEndedSession },
  { step: readLevels },
  { check: 'scope', expected: 'one of the products at the level of the person', step: keepScopes },
];

const bySecret = ({ base }: NhsServer): Probe[] => [
  {
    check: 'client_id',
    expected: `the API key of an application at ${base.path}`,
    step: identifyByForm,
    needed: true,
    received: clientName,
  },
  { check: 'client_secret', expected: 'a current secret of the client', step: checkSecret },
  ...standing(base),
];

const byCode = (server: NhsServer): Probe[] => [
  ...bySecret(server),
  {
    check: 'redirect_uri',
    expected: 'a registered callback URL, byte for byte',
    step: checkSameRedirect,
    received: parameter('form', 'redirect_uri'),
  },
  {
    check: 'code',
    expected: 'one of this client, unused, of the last 300 s',
    step: findCode,
    needed: true,
  },
  { check: 'code_verifier', expected: 'that of the code_challenge', step: checkVerifier },
];

const byRefreshToken = (server: NhsServer): Probe[] => [
  ...bySecret(server),
  { check: 'refresh_token', expected: 'one of this client', step: findToken, needed: true },
  { check: 'refresh_token', expected: 'unused', step: refuseUsed },
  { check: 'period', expected: 'one that has not ended', step: checkPeriod },
];

/** The checks of a token request, in the published order of the flows. */
export function tokenProbes(incoming: Incoming, server: NhsServer): Probe[] {
  const first: Probe = { step: refuseRepeated, needed: true };
  if (clientCredentials.matches(incoming))
    return [
      first,
      ...signed(server, grantTypes.clientCredentials),
      { check: 'scope', expected: 'one of the products for applications', step: keepApplicationScopes },
    ];
  if (tokenExchange.matches(incoming))
    return [first, ...signed(server, grantTypes.tokenExchange), ...subject(server)];
  if (authorizationCode.matches(incoming)) return [first, ...byCode(server)];
  if (refreshToken.matches(incoming)) return [first, ...byRefreshToken(server)];
  return [refuseType(incoming.form.get('grant_type'))];
}

/** Returns the check that refuses a request of no grant. */
function refuseType(grantType: string | undefined): Probe {
  const isExchange = grantType === grantTypes.tokenExchange;
  return {
    check: isExchange ? 'subject_token_type' : 'grant_type',
    expected: 'one that is offered',
    step() {
      if (grantType === undefined) throw errors.grantMissing('grant_type is missing');
      if (isExchange) throw errors.subjectType('subject_token_type is missing or unsupported');
      throw errors.grantUnsupported(`grant_type is ${grantType}`);
    },
    needed: true,
  };
}
