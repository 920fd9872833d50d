import { seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import type { Check, Rule } from '../../oauth/check.ts';
import { assertionChecks, claimedClient, signatureCheck, unusedCheck } from '../../oauth/client-assertion.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { assertionRulesOf } from '../../oauth/server/client-authentication/private-key-jwt.ts';
import { findClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { identify, readPushed, requirePushed } from '../standard/authorize.ts';
import { errors } from '../standard/errors.ts';
import type { FromClient } from '../standard/grants/grant.ts';
import { grants } from '../standard/grants/registry.ts';
import type { Incoming } from '../standard/incoming.ts';
import { pushedAt } from '../standard/pushed.ts';
import {
  checkChallenge,
  checkResources,
  checkResponse,
  checkScope,
  checkSignIn,
  readObject,
  redirectUriOf,
  type WithReply,
} from '../standard/request-checks.ts';
import { createServer } from '../standard/server.ts';
import { clientName, standing } from './client.ts';
import { type Probe, throwing } from './trial.ts';

const prepareReply =
  (base: Base) =>
  (known: Incoming & WithClient): WithReply => ({
    redirectUri: redirectUriOf(base, known),
    fail: throwing.redirect,
  });
const neverRedirected = { fail: throwing.redirect };

/** An authorization request, in the order of `standard/authorize.ts`. */
export const authorizeProbes = (base: Base, parts: Parts): Probe[] => [
  {
    check: 'request_uri',
    expected: 'none, or one that waits',
    step: readPushed(pushedAt(base, parts)),
    needed: true,
  },
  {
    check: 'client_id',
    expected: `a client at ${base.path}`,
    step: identify(parts.applications, base),
    needed: true,
    received: clientName,
  },
  {
    check: 'request',
    expected: 'none, or a signed request object',
    step: readObject(createServer(base, [base], parts)),
    needed: true,
  },
  { step: () => neverRedirected },
  { check: 'redirect_uri', expected: 'a registered one, byte for byte', step: prepareReply(base) },
  { check: 'pushed', expected: 'a pushed request, where the profile asks for one', step: requirePushed },
  ...standing(base, parts),
  { check: 'response_type', expected: 'code, by the query', step: checkResponse },
  { check: 'code_challenge', expected: 'one of the method S256', step: checkChallenge },
  { check: 'scope', expected: "some of the products'", step: checkScope },
  { check: 'prompt and max_age', expected: 'known ones', step: checkSignIn },
  { check: 'resource', expected: 'none, or an API of the products', step: checkResources(parts.urls.api) },
];

const failing = (check: Check): Rule => ({ ...check, refuse: errors.clientUnauthenticated });

/** A client assertion that was decoded: everything that it says, then its signature. */
export const assertionProbes = (base: Base, parts: Parts): Probe[] => [
  {
    check: 'client',
    expected: `a client at ${base.path} in iss and sub`,
    async step({ assertion }: { assertion: string }): Promise<WithClient & { jwt: DecodedJwt }> {
      const jwt = decodeJwt(assertion);
      if (!jwt) throw errors.clientUnauthenticated('it is not a compact JWS');
      const client = await findClient(parts.applications, base, claimedClient(assertion) ?? '');
      if (!client) throw errors.clientUnauthenticated('no client has this iss and sub');
      return { client, jwt };
    },
    needed: true,
    received: clientName,
  },
  {
    async rules({ client: { registration }, jwt }: WithClient & { jwt: DecodedJwt }) {
      const rules = assertionRulesOf(createServer(base, [base], parts), registration);
      const checks = [
        ...assertionChecks(jwt, rules, seconds(parts.clock)),
        await signatureCheck(jwt, registration, parts.clientKeys),
        await unusedCheck(jwt, rules, parts.singleUse),
      ];
      return checks.map(failing);
    },
  },
  ...standing(base, parts),
];

/** A token request: its client, then what its grant asks for. Proofs and certificates of the connection are not part of what was pasted. */
export function tokenProbes({ parameters }: Incoming, base: Base, parts: Parts): Probe[] {
  const type = parameters.get('grant_type');
  const grant = grants.find((candidate) => candidate.type === type);
  const unproven = () => ({ jkt: null, confirmation: null });
  const client: Probe[] = parameters.has('client_assertion')
    ? [
        { step: () => ({ assertion: parameters.get('client_assertion') ?? '' }) },
        ...assertionProbes(base, parts),
      ]
    : [
        {
          check: 'client',
          expected: 'a client that proves itself as it registered',
          step: (known: Incoming) =>
            authenticateClient({ ...known, server: createServer(base, [base], parts) }),
          needed: true,
          received: clientName,
        },
        ...standing(base, parts),
      ];
  return [
    ...client,
    { step: unproven },
    {
      check: 'grant_type',
      expected: grants.map((candidate) => candidate.type).join(' or '),
      step() {
        if (type === undefined) throw errors.grantMissing('grant_type is missing');
        if (!grant) throw errors.grantUnsupported(`${type} came`);
      },
      needed: true,
      received: () => type,
    },
    {
      check: 'grant',
      expected: 'what the grant asks for',
      step: async (known: FromClient) => void (await grant?.check(base, parts)(known)),
    },
  ];
}
