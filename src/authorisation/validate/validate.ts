import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { decodeJwt } from '@alongside/kernel/jws';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { claimedClient } from '../../oauth/client-assertion.ts';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { DryRequestBatch, settled } from '../../oauth/request-batch.ts';
import { validateGrant } from '../../oauth/server/grant.ts';
import { type Probe, tryAll } from '../../oauth/trial.ts';
import type { Base } from '../base.ts';
import { type ConsoleCall, requireConsole } from '../console/caller.ts';
import { errors } from '../console/errors.ts';
import { words } from '../diagnosis.ts';
import { errors as published } from '../errors.ts';
import { readIncoming } from '../incoming.ts';
import { authorizeChecks as nhsAuthorizeChecks } from '../nhs/authorize.ts';
import { grants as nhsGrants } from '../nhs/flows.ts';
import { createNhsServer } from '../nhs/server.ts';
import type { PlatformParts } from '../parts.ts';
import type { ValidateRequest, ValidationAnswer } from '../protocol.ts';
import { authorizeChecks as standardAuthorizeChecks } from '../standard/authorize.ts';
import { grants } from '../standard/grants/registry.ts';
import { createServer } from '../standard/server.ts';
import { tokenClientChecks } from '../standard/token.ts';
import * as nhs from './nhs.ts';
import * as standard from './standard.ts';
import { dryParts } from './trial.ts';

interface WithPasted {
  kind: 'assertion' | 'url' | 'form';
  text: string;
  base: Base;
}

const kinds = ['assertion', 'url', 'form'] as const;
const longest = 40_000;

async function readPasted({ request }: { request: HttpRequest }): Promise<{ pasted: ValidateRequest }> {
  try {
    const body = parseJsonObject(request.body);
    for (const [name, value] of Object.entries(body))
      if (![...kinds, 'base'].includes(name) || typeof value !== 'string' || value.length > longest)
        throw new Error(`${name.slice(0, 100)} is unknown, not text, or too long`);
    if (kinds.filter((kind) => kind in body).length !== 1)
      throw new Error(`exactly one of ${kinds.join(', ')} is needed`);
    return { pasted: body as ValidateRequest };
  } catch (error) {
    throw errors.requestInvalid(reasonOf(error), {}, error);
  }
}

/** Returns the client of a request, without authentication. */
function namedClient(kind: WithPasted['kind'], text: string, parameters: Parameters | undefined): string {
  if (kind === 'assertion') return claimedClient(text.trim()) ?? '';
  return parameters?.get('client_id') ?? claimedClient(parameters?.get('client_assertion')) ?? '';
}

async function findBase({ console, pasted }: ConsoleCall & { pasted: ValidateRequest }): Promise<WithPasted> {
  const { bases } = console;
  const { applications } = console.parts;
  const kind = kinds.find((candidate) => pasted[candidate] !== undefined) ?? 'assertion';
  const given = pasted[kind] ?? '';
  const url = kind === 'url' ? URL.parse(given, 'https://unknown.invalid') : null;
  const text = kind === 'url' ? (url?.search.slice(1) ?? '') : given.trim();
  const pathOf = pasted.base ?? url?.pathname.replace(/\/authorize$/, '');
  const clientId = namedClient(kind, text, kind === 'assertion' ? undefined : parseParameters(text));
  const application = await applications.byPlatformClient(clientId);
  const profile = application?.platform?.profile ?? 'nhs';
  const base =
    bases.find(({ path }) => path === pathOf) ??
    (pathOf === undefined ? bases.find(({ serves }) => serves.includes(profile)) : undefined);
  // The path is part of the pasted text, which no log may contain.
  if (!base) throw errors.baseMissing('no base path has the path of the request');
  return { kind, text, base };
}

/** The checks of a dry run, and those of the real endpoint, which decide. */
interface TrialPlan {
  start: object;
  probes: Probe[];
  endpoint?: (() => Promise<Answer>) | undefined;
}

const pass = async (): Promise<Answer> => noContent();

function nhsPlan({ kind, text, base }: WithPasted, request: HttpRequest, parts: PlatformParts): TrialPlan {
  const batch = new DryRequestBatch(parts.database);
  const server = createNhsServer(base, [base], parts);
  if (kind === 'assertion') {
    const jwt = decodeJwt(text);
    if (!jwt)
      return {
        start: {},
        probes: [
          { check: 'client_assertion', expected: 'a signed JWT', step: refuseMalformed, needed: true },
        ],
      };
    return { start: { server, jwt, request }, probes: nhs.assertionProbes(server) };
  }
  const isQuery = kind === 'url';
  const incoming = readIncoming(base, {
    ...request,
    method: isQuery ? 'GET' : 'POST',
    path: `${base.path}${isQuery ? '/authorize' : '/token'}`,
    query: isQuery ? text : '',
    body: isQuery ? '' : text,
    headers: isQuery ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const start = { server, batch, ...incoming };
  if (isQuery)
    return {
      start,
      probes: nhs.authorizeProbes(server),
      endpoint: () => nhsAuthorizeChecks.step(pass).run(start),
    };
  const grant = nhsGrants.find(({ matches }) => matches(incoming));
  return {
    start,
    probes: nhs.tokenProbes(incoming, server),
    endpoint: grant && (() => grant.check(start)),
  };
}

function refuseMalformed(): never {
  throw published.assertionMalformed('it is not a compact JWS of two JSON objects');
}

/** The proofs and the certificate of the connection are not part of the pasted text. */
const skipProofs = check('sender-constraint', async function skipProofs() {
  return { jkt: null, confirmation: null };
});

function standardPlan(
  { kind, text, base }: WithPasted,
  request: HttpRequest,
  parts: PlatformParts,
): TrialPlan {
  const server = createServer(base, [base], parts);
  if (kind === 'assertion')
    return { start: { server, assertion: text, request }, probes: standard.assertionProbes(server) };
  const parameters = parseParameters(text);
  if (!parameters) throw errors.requestInvalid('the parameters are not well-formed, or more than 100');
  const { certificate: _, ...plain } = request;
  const batch = new DryRequestBatch(parts.database);
  const incoming = { request: { ...plain, headers: {} }, parameters, batch };
  if (kind === 'url')
    return {
      start: incoming,
      probes: standard.authorizeProbes(server),
      endpoint: () =>
        standardAuthorizeChecks
          .step(pass)
          .run({ server, batch, request: { ...plain, headers: {}, method: 'GET', query: text, body: '' } }),
    };
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return {
    start: { server, ...incoming },
    probes: standard.tokenProbes(incoming, server),
    endpoint: () =>
      settled(
        { server, batch, request: { ...plain, headers, method: 'POST', query: '', body: text } },
        tokenClientChecks.step(skipProofs).step(validateGrant(grants)),
      ),
  };
}

async function runChecks(
  known: WithPasted & { request: HttpRequest; dry: PlatformParts } & Passed<'console'>,
): Promise<Answer> {
  const { base, request, dry } = known;
  const plan = (base.profile === 'nhs' ? nhsPlan : standardPlan)(known, request, dry);
  const found: ValidationAnswer = {
    base: base.path,
    ...(await tryAll(plan.start, plan.probes, { endpoint: plan.endpoint, words })),
  };
  return json(200, found);
}

const validate = steps<ConsoleCall & { dry: PlatformParts }>('authorisation.validate')
  .step(requireConsole)
  .step(readPasted)
  .step(findBase)
  .step(runChecks);

/** `POST /authorisation/validate`: a dry run with the steps of the real endpoints. It uses up, stores and counts nothing. */
export function createValidate(console: ConsoleCall['console']): Endpoint {
  const dry = dryParts(console.parts);
  return (request) => validate.run({ request, console, dry });
}
