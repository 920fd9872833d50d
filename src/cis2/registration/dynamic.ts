import { type Answer, json, noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { steps } from '@alongside/kernel/steps';
import { type Applications, type StoredApplication, secretFits } from '../../oauth/applications.ts';
import { limitFailures } from '../../oauth/limit-failures.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { tokenErrors } from '../errors/token.ts';
import { findRelyingParty, type RelyingParty } from '../model/relying-party.ts';
import { applicationOf, type ClientDraft } from './draft.ts';
import { registrationErrors } from './errors.ts';
import { metadataOf, readMetadata } from './metadata.ts';
import type { InitialGrant, RegistrationTokens } from './tokens.ts';

interface Parts {
  /** Public address of the endpoint. */
  registrationUrl: string;
  /** The same below the origin. */
  registrationPath: string;
  applications: Applications;
  tokens: RegistrationTokens;
  failures: NetworkLimit;
  audit: AuditLog;
  clock: Clock;
}

interface Start {
  request: HttpRequest;
}

interface Managed extends Start {
  client: RelyingParty;
  token: string;
}

const bearer = /^bearer +([\x21-\x7e]{1,256})$/i;

function bearerOf({ headers }: HttpRequest): string {
  const token = bearer.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw registrationErrors.registrationToken('there is no bearer token');
  return token;
}

async function readBody({ request }: Start): Promise<{ body: JsonObject }> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw registrationErrors.registrationMetadata('the body is no JSON', {
      problem: 'the body must be application/json',
    });
  try {
    return { body: parseJsonObject(request.body) };
  } catch (error) {
    throw registrationErrors.registrationMetadata(reasonOf(error), { problem: reasonOf(error) });
  }
}

/** Nobody registers without an initial access token (RFC 7591 section 3). */
const findGrant = ({ tokens }: Parts) =>
  async function findGrant({ request }: Start): Promise<{ grant: InitialGrant }> {
    const grant = await tokens.initialGrantOf(bearerOf(request));
    if (!grant) throw registrationErrors.registrationToken('it is no initial access token, or has run out');
    return { grant };
  };

const shown = (
  parts: Parts,
  { name, cis2: registration }: Pick<StoredApplication, 'name' | 'cis2'>,
  more: object,
) => {
  if (!registration) throw new Error('An application without a registration at CIS2 was to be shown.');
  return {
    client_id: registration.clientId,
    registration_client_uri: `${parts.registrationUrl}/${registration.clientId}`,
    ...more,
    ...metadataOf(name, registration),
  };
};

const secretMembers = (secret: string | undefined) =>
  secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 };

const register = (parts: Parts) =>
  async function register({
    grant,
    body,
  }: Start & { grant: InitialGrant; body: JsonObject }): Promise<Answer> {
    const { applications, tokens, audit, clock } = parts;
    const draft = readMetadata(body, grant.profile);
    const clientId = `dynamic-${randomToken(18)}`;
    const now = clock.now();
    const { application, secret } = applicationOf(draft, { team: grant.team, clientId }, now);
    const record = audit.recordStatement({
      actor: grant.team,
      action: 'cis2.client-registered',
      target: application.id,
      outcome: 'ok',
    });
    const { token, statement } = tokens.issueFor(clientId);
    await applications.add(application, statement, record);
    const times = { client_id_issued_at: Math.floor(now / 1000), registration_access_token: token };
    return json(201, shown(parts, application, { ...times, ...secretMembers(secret) }), {
      pragma: 'no-cache',
    });
  };

/** A client manages itself alone; a client that is gone has no token any more (RFC 7592 section 2). */
const findManaged = ({ applications, tokens, registrationPath }: Parts) =>
  async function findManaged({ request }: Start): Promise<{ client: RelyingParty; token: string }> {
    const token = bearerOf(request);
    const clientId = await tokens.clientOf(token);
    const asked = decodeURIComponent(request.path.slice(registrationPath.length + 1));
    if (clientId === undefined || clientId !== asked)
      throw registrationErrors.registrationToken(`it is not the token of ${asked.slice(0, 100)}`);
    const client = await findRelyingParty(applications, clientId);
    if (!client) throw registrationErrors.registrationToken('the client is gone or was revoked');
    return { client, token };
  };

const answerClient = (parts: Parts) =>
  async function answerClient({ client, token }: Managed): Promise<Answer> {
    return json(200, shown(parts, client.application, { registration_access_token: token }));
  };

/** Who replaces a registration names the client that it has, and its own secret if any (RFC 7592 section 2.2). */
function checkIdentity({ client: { registration } }: Managed, body: JsonObject, now: number): void {
  if (body.client_id !== registration.clientId)
    throw registrationErrors.registrationMetadata('another client_id', {
      member: 'client_id',
      problem: 'must be that of the client',
    });
  const { client_secret: secret } = body;
  if (secret !== undefined && !(typeof secret === 'string' && secretFits(registration, secret, now)))
    throw registrationErrors.registrationMetadata('another secret', {
      member: 'client_secret',
      problem: 'must be that of the client',
    });
}

const replaceClient = (parts: Parts) =>
  async function replaceClient(known: Managed & { body: JsonObject }): Promise<Answer> {
    const { applications, audit, clock } = parts;
    const { client, body, token } = known;
    const { application: before, registration } = client;
    checkIdentity(known, body, clock.now());
    const draft: ClientDraft = readMetadata(body, registration.profile);
    const identity = { team: before.developer, clientId: registration.clientId, before };
    const { application, secret } = applicationOf(draft, identity, clock.now());
    const record = audit.recordStatement({
      actor: before.developer,
      action: 'cis2.client-changed',
      target: before.id,
      outcome: 'ok',
    });
    if (!(await applications.replace(application, before.revision, record)))
      throw registrationErrors.configChanged('another change came first');
    return json(
      200,
      shown(parts, application, { registration_access_token: token, ...secretMembers(secret) }),
    );
  };

const removeClient = ({ applications, tokens, audit }: Parts) =>
  async function removeClient({ client: { application }, token }: Managed): Promise<Answer> {
    const record = audit.recordStatement({
      actor: application.developer,
      action: 'cis2.client-removed',
      target: application.id,
      outcome: 'ok',
    });
    await applications.remove(application.id, tokens.forgetStatement(token), record);
    return noContent();
  };

/** `POST /connect/register` (RFC 7591) and what a client does with itself afterwards (RFC 7592). */
export function dynamicRoutes(parts: Parts): Route[] {
  const limited = <R>(step: (known: Start) => Promise<R>) =>
    limitFailures(parts.failures, tokenErrors.networkBusy, step);
  const registering = steps<Start>()
    .step(limited(findGrant(parts)))
    .step(readBody)
    .step(register(parts));
  const managing = steps<Start>().step(limited(findManaged(parts)));
  const reading = managing.step(answerClient(parts));
  const replacing = managing.step(readBody).step(replaceClient(parts));
  const removing = managing.step(removeClient(parts));
  const path = parts.registrationPath;
  const client = `${path}/:client`;
  return [
    { methods: ['POST'], path, endpoint: (request) => registering.run({ request }) },
    { methods: ['GET'], path: client, endpoint: (request) => reading.run({ request }) },
    { methods: ['PUT'], path: client, endpoint: (request) => replacing.run({ request }) },
    { methods: ['DELETE'], path: client, endpoint: (request) => removing.run({ request }) },
  ];
}
