import { type Answer, json } from '@alongside/kernel/answer';
import { type Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { parseParameters } from '../../oauth/parameters.ts';
import { assertionProbes } from '../../oauth/server/client-authentication/private-key-jwt.ts';
import {
  checkPkce,
  checkRedirectUri,
  checkResponseMode,
  checkResponseType,
} from '../../oauth/server/request-checks.ts';
import { type Probe, tryAll } from '../../oauth/trial.ts';
import { type AuthorizeDependencies, findClient } from '../openid/authorize/authorize.ts';
import { checkClaims } from '../openid/authorize/parameters.ts';
import {
  checkLevel,
  checkMaxAge,
  checkPrompt,
  checkScope,
  type RequestCall,
  refuseRequestObjects,
} from '../openid/authorize/request-checks.ts';
import { type Cis2Server, createServer, type WithRelyingParty } from '../openid/server.ts';
import { consolePaths, type ValidateRequest, type ValidationAnswer } from '../protocol.ts';
import { serviceError } from '../responses/error-answers.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

type ValidateDependencies = Parameters<typeof createServer>[0] &
  AuthorizeDependencies & { consoleSecret: string };

interface Start {
  request: HttpRequest;
  provider: ValidateDependencies;
  server: Cis2Server;
}

const longest = 40_000;
const texts = ['assertion', 'query'] as const;

async function readPasted({ request }: Start) {
  try {
    const body = parseJsonObject(request.body);
    const [[name, value] = [], ...others] = Object.entries(body);
    if (others.length > 0 || !texts.some((known) => known === name))
      throw new Error(`exactly one of ${texts.join(', ')} is needed`);
    if (typeof value !== 'string' || value.length > longest)
      throw new Error(`${name} is not text, or too long`);
    return { pasted: { [String(name)]: value } };
  } catch (error) {
    throw administrationErrors.queryInvalid(reasonOf(error), {}, error);
  }
}

const fail = (refusal: Refusal): never => {
  throw refusal;
};

const parameter =
  (name: string) =>
  ({ parameters }: RequestCall): unknown =>
    parameters.get(name);

/** The checks of an authorization request of the browser, in the order of `openid/authorize`. */
const authorizeProbes: Probe[] = [
  {
    check: 'client_id',
    expected: 'a client of CIS2',
    step: findClient,
    needed: true,
    received: ({ client }: WithRelyingParty) => client.application.name,
  },
  {
    check: 'redirect_uri',
    expected: 'a registered one, byte for byte',
    step: checkRedirectUri,
    received: parameter('redirect_uri'),
  },
  {
    check: 'request',
    expected: 'none, or one that the profile allows',
    step: (known: RequestCall) =>
      known.client.registration.profile === 'nhs' ? refuseRequestObjects(known) : undefined,
  },
  {
    check: 'response_type',
    expected: 'code, by query or form_post',
    async step(known: RequestCall) {
      await checkResponseType(known);
      await checkResponseMode(known);
    },
    received: parameter('response_type'),
  },
  {
    check: 'scope',
    expected: 'openid and known scopes',
    step: checkScope,
    received: parameter('scope'),
  },
  {
    check: 'code_challenge',
    expected: 'one of the method S256, or none where a nonce or the registration allows it',
    step: checkPkce,
  },
  { check: 'prompt', expected: 'known values', step: checkPrompt },
  { check: 'max_age', expected: 'none, or seconds', step: checkMaxAge },
  { check: 'claims', expected: 'none, or JSON', step: checkClaims, needed: true },
  {
    check: 'acr_values',
    expected: 'none, or at least one class that CIS2 offers',
    step: checkLevel,
    received: ({ acr }: { acr: string[] }) => acr.join(' '),
  },
];

async function runChecks({
  request,
  server,
  provider,
  pasted: { assertion, query = '' },
}: Start & { pasted: ValidateRequest } & Passed<'console'>): Promise<Answer> {
  const words = (refusal: Refusal): string => refusal.entry.description;
  if (assertion !== undefined) {
    const probes = assertionProbes(server, ({ application }) => application.name);
    return json(200, (await tryAll({ request, assertion }, probes, { words })) satisfies ValidationAnswer);
  }
  const parameters = parseParameters(query);
  if (!parameters) throw administrationErrors.queryInvalid('the parameters are not well-formed');
  const start = { request, server, provider, parameters, reply: { fail } };
  return json(200, (await tryAll(start, authorizeProbes, { words })) satisfies ValidationAnswer);
}

const validate = steps<Start>('cis2.validate').step(requireConsole).step(readPasted).step(runChecks);

/** `POST /cis2/validate`: a dry run with the checks of the real endpoints. It uses up, stores and counts nothing. */
export function validateRoutes(provider: ValidateDependencies): Route[] {
  const server = createServer(provider);
  return route(consolePaths.validate, {
    POST: {
      endpoint: (request) => validate.run({ request, provider, server }),
      errors: serviceError,
    },
  });
}
