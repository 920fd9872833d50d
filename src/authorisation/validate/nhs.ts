import { seconds } from '@alongside/kernel/clock';
import type { DecodedJwt } from '@alongside/kernel/jws';
import {
  type Assertion,
  checkAssertionType,
  checkAudience,
  checkNotBefore,
  claimed,
  claimRules,
  decodeAssertion,
  isUsed,
  lastRules,
} from '../application/assertion.ts';
import { checkAssertionSignature, identifyByAssertion } from '../application/assertion-key.ts';
import { checkSecret, identifyByForm } from '../application/secret.ts';
import type { Base } from '../base.ts';
import { Codes } from '../codes.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import { refuseRepeated } from '../incoming.ts';
import {
  checkChallenge,
  checkRedirectUri,
  checkResponseType,
  checkState,
  identify,
} from '../nhs/authorize.ts';
import { checkActor, verifyActor } from '../nhs/grants/actor-token.ts';
import { checkGrantType } from '../nhs/grants/assertion-steps.ts';
import {
  checkRedirectUri as checkSameRedirect,
  checkVerifier,
  findCode,
} from '../nhs/grants/authorization-code.ts';
import { keepApplicationScopes } from '../nhs/grants/client-credentials.ts';
import { grantTypes } from '../nhs/grants/grant.ts';
import { checkPeriod, findToken, refuseUsed } from '../nhs/grants/refresh-token.ts';
import { grants } from '../nhs/grants/registry.ts';
import {
  checkSubject,
  checkSubjectAudience,
  checkSubjectIssuer,
  checkSubjectSignature,
  decodeSubject,
  refuseEndedSession,
} from '../nhs/grants/subject-token.ts';
import { keepScopes } from '../nhs/grants/token-exchange.ts';
import type { Parts } from '../parts.ts';
import { Rotation } from '../rotation.ts';
import { clientName, standing } from './client.ts';
import { type Probe, throwing } from './trial.ts';

const parameter =
  (of: 'query' | 'form', name: string) =>
  (known: Record<string, unknown>): unknown =>
    (known as unknown as Incoming)[of].get(name);

/** An authorization request, in the order of `nhs/authorize.ts`. */
export const authorizeProbes = (base: Base, parts: Parts): Probe[] => [
  { step: refuseRepeated },
  {
    check: 'client_id',
    expected: `the API key of an application at ${base.path}`,
    step: identify(parts.applications, base),
    needed: true,
    received: clientName,
  },
  ...standing(base, parts),
  {
    check: 'redirect_uri',
    expected: 'a registered callback URL, byte for byte',
    step: checkRedirectUri(base),
    received: parameter('query', 'redirect_uri'),
  },
  { check: 'state', expected: 'any text', step: checkState(throwing), received: parameter('query', 'state') },
  { check: 'response_type', expected: 'code', step: checkResponseType(throwing) },
  {
    check: 'code_challenge',
    expected: 'none, or one of the method S256',
    step: checkChallenge(throwing, base),
  },
];

/** A client assertion once it was decoded, in the order of `application/assertion.ts`. */
export const assertionProbes = (base: Base, parts: Parts): Probe[] => {
  const { clock, singleUse, applications, clientKeys } = parts;
  return [
    {
      async rules({ jwt }: { jwt: DecodedJwt }) {
        const now = seconds(clock);
        const used = await isUsed(singleUse, claimed({ jwt }));
        return [...claimRules(jwt, now), ...lastRules(jwt, now, used)];
      },
    },
    { step: (known: { jwt: DecodedJwt }): { assertion: Assertion } => ({ assertion: claimed(known) }) },
    {
      check: 'client',
      expected: `an application at ${base.path} with the API key of iss and sub`,
      step: identifyByAssertion(applications, base),
      needed: true,
      received: clientName,
    },
    ...standing(base, parts),
    {
      check: 'signature',
      expected: 'that of the registered key with this kid, by RS512',
      step: checkAssertionSignature(clientKeys),
    },
    { check: 'aud', expected: base.tokenUrl, step: checkAudience(base.tokenUrl) },
    { check: 'nbf', expected: 'none, or a time that has come', step: checkNotBefore(clock) },
  ];
};

const signed = (base: Base, parts: Parts, grantType: string): Probe[] => [
  { check: 'client_assertion_type', expected: 'jwt-bearer', step: checkAssertionType },
  { check: 'grant_type', expected: grantType, step: checkGrantType(grantType) },
  { check: 'client_assertion', expected: 'a signed JWT', step: decodeAssertion, needed: true },
  ...assertionProbes(base, parts),
];

const subject = (base: Base, { upstreamKeys, clock, endedSessions }: Parts): Probe[] => [
  { check: 'subject_token', expected: 'an ID token', step: decodeSubject, needed: true },
  { check: 'subject_token', expected: 'header and claims as they should be', step: checkSubject(clock) },
  { check: 'act', expected: 'none, or a whole actor token', step: checkActor },
  {
    check: 'subject_token iss',
    expected: base.upstreams.map(({ issuer }) => issuer).join(' or '),
    step: checkSubjectIssuer(base),
    needed: true,
  },
  {
    check: 'subject_token signature',
    expected: 'that of its issuer',
    step: checkSubjectSignature(upstreamKeys),
  },
  {
    check: 'subject_token aud',
    expected: "the application's client at CIS2",
    step: checkSubjectAudience(base),
  },
  { check: 'act signature', expected: 'that of its issuer', step: verifyActor(base, upstreamKeys, clock) },
  { check: 'session', expected: 'one that lives', step: refuseEndedSession(base, endedSessions) },
  { check: 'scope', expected: 'one of the products at the level of the person', step: keepScopes },
];

const bySecret = (base: Base, parts: Parts): Probe[] => [
  {
    check: 'client_id',
    expected: `the API key of an application at ${base.path}`,
    step: identifyByForm(parts.applications, base),
    needed: true,
    received: clientName,
  },
  { check: 'client_secret', expected: "one of the client's", step: checkSecret(parts.applications) },
  ...standing(base, parts),
];

const byCode = (base: Base, parts: Parts): Probe[] => [
  ...bySecret(base, parts),
  {
    check: 'redirect_uri',
    expected: 'a registered callback URL, byte for byte',
    step: checkSameRedirect(base),
    received: parameter('form', 'redirect_uri'),
  },
  {
    check: 'code',
    expected: 'one of this client, unused, of the last 300 s',
    step: findCode(parts, base, new Codes(base, parts.singleUse)),
    needed: true,
  },
  { check: 'code_verifier', expected: 'that of the code_challenge', step: checkVerifier(base) },
];

const byRefreshToken = (base: Base, parts: Parts): Probe[] => [
  ...bySecret(base, parts),
  { check: 'refresh_token', expected: 'one of this client', step: findToken(parts, base), needed: true },
  { check: 'refresh_token', expected: 'unused', step: refuseUsed(base, new Rotation(base, parts), parts) },
  { check: 'period', expected: 'one that has not ended', step: checkPeriod(parts, base) },
];

/** A token request, by the published order of the flows. */
export function tokenProbes(incoming: Incoming, base: Base, parts: Parts): Probe[] {
  const first: Probe = { step: refuseRepeated, needed: true };
  if (grants.clientCredentials.matches(incoming))
    return [
      first,
      ...signed(base, parts, grantTypes.clientCredentials),
      { check: 'scope', expected: 'one of the products for applications', step: keepApplicationScopes },
    ];
  if (grants.tokenExchange.matches(incoming))
    return [first, ...signed(base, parts, grantTypes.tokenExchange), ...subject(base, parts)];
  if (grants.authorizationCode.matches(incoming)) return [first, ...byCode(base, parts)];
  if (grants.refreshToken.matches(incoming)) return [first, ...byRefreshToken(base, parts)];
  const grantType = incoming.form.get('grant_type');
  const refusal =
    grantType === undefined
      ? errors.grantMissing('grant_type is missing')
      : grantType === grantTypes.tokenExchange
        ? errors.subjectType('subject_token_type is missing or another one')
        : errors.grantUnsupported(`${grantType} came`);
  return [
    {
      check: grantType === grantTypes.tokenExchange ? 'subject_token_type' : 'grant_type',
      expected: 'one that is offered',
      step() {
        throw refusal;
      },
      needed: true,
    },
  ];
}
