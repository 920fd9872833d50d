import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { assertionProbes as sharedProbes } from '../../oauth/server/client-authentication/private-key-jwt.ts';
import {
  checkPkce,
  checkRedirectUri,
  checkResponseMode,
  checkResponseType,
  openObject,
  requirePushed,
} from '../../oauth/server/request-checks.ts';
import { type Probe, throwing } from '../../oauth/trial.ts';
import type { WithClient } from '../application/client.ts';
import { identify, readPushed } from '../standard/authorize.ts';
import { errors } from '../standard/errors.ts';
import { grants } from '../standard/grants/registry.ts';
import type { Incoming } from '../standard/incoming.ts';
import {
  checkResources,
  checkScope,
  checkSignIn,
  type RequestCall,
  refuseForeignRequestUri,
  refuseRequestUri,
} from '../standard/request-checks.ts';
import type { StandardServer } from '../standard/server.ts';
import type { TokenCall } from '../standard/token-call.ts';
import { clientName, standing } from './trial.ts';

const neverRedirected = { reply: { fail: throwing.redirect } };

type Known = RequestCall & WithClient;

/** The checks of an authorization request, in the order of `standard/authorize.ts`. */
export const authorizeProbes = (server: StandardServer): Probe[] => [
  { step: () => ({ server, ...neverRedirected }) },
  {
    check: 'client_id',
    expected: `a client at ${server.base.path}`,
    step: identify,
    needed: true,
    received: clientName,
  },
  { check: 'request_uri', expected: 'none, or an unused one', step: readPushed, needed: true },
  { check: 'request', expected: 'none, or a signed request object', step: openObject, needed: true },
  {
    check: 'redirect_uri',
    expected: 'a registered one, byte for byte',
    async step(known: Known) {
      await refuseForeignRequestUri(known);
      return checkRedirectUri(known);
    },
  },
  { check: 'pushed', expected: 'a pushed request, where the profile asks for one', step: requirePushed },
  ...standing(server.base),
  {
    check: 'response_type',
    expected: 'code, by the query',
    async step(known: Known) {
      await refuseRequestUri(known);
      await checkResponseType(known);
      await checkResponseMode(known);
    },
  },
  {
    check: 'code_challenge',
    expected: 'one of the method S256, or none where a nonce or the registration allows it',
    step: checkPkce,
  },
  { check: 'scope', expected: "some of the products'", step: checkScope },
  { check: 'prompt and max_age', expected: 'known ones', step: checkSignIn },
  { check: 'resource', expected: 'none, or an API of the products', step: checkResources },
];

/** The checks of a client assertion, then of its application. */
export const assertionProbes = (server: StandardServer): Probe[] => [
  ...sharedProbes(server, ({ application }) => application.name),
  ...standing(server.base),
];

/** The checks of a token request: its client, then its grant. The pasted text has no proofs or certificates of the connection. */
export function tokenProbes({ parameters }: Incoming, server: StandardServer): Probe[] {
  const type = parameters.get('grant_type');
  const grant = grants.find((candidate) => candidate.type === type);
  const unproven = () => ({ server, jkt: null, confirmation: null });
  const client: Probe[] = parameters.has('client_assertion')
    ? [{ step: () => ({ assertion: parameters.get('client_assertion') ?? '' }) }, ...assertionProbes(server)]
    : [
        {
          check: 'client',
          expected: 'a client with its registered authentication',
          step: (known: Incoming) => authenticateClient({ ...known, server }),
          needed: true,
          received: clientName,
        },
        ...standing(server.base),
      ];
  return [
    ...client,
    { step: unproven },
    {
      check: 'grant_type',
      expected: grants.map((candidate) => candidate.type).join(' or '),
      step() {
        if (type === undefined) throw errors.grantMissing('grant_type is missing');
        if (!grant) throw errors.grantUnsupported(`grant_type is ${type}`);
      },
      needed: true,
      received: () => type,
    },
    {
      check: 'grant',
      expected: 'the parameters of the grant',
      step: async (known: TokenCall) => void (await grant?.validate(known)),
    },
  ];
}
