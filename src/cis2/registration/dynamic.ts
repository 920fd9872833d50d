import { type Answer, json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { type StoredApplication, secretFits } from '../../oauth/applications.ts';
import { findRelyingParty, type RelyingParty } from '../model/relying-party.ts';
import { type Call, handlersOf, registrationError } from '../responses/error-answers.ts';
import { applicationOf, readJsonBody } from './draft.ts';
import { registrationErrors } from './errors.ts';
import { metadataOf, readMetadata } from './metadata.ts';
import { countingFailures, type InitialGrant, type RegistrationServices } from './tokens.ts';

/** `registrationUrl` is the public address of the endpoint. */
type DynamicServices = RegistrationServices & { registrationUrl: string };

type Start<Params = unknown> = Call<DynamicServices, Params>;

interface ClientContext extends Start, Passed<'registration-token'> {
  client: RelyingParty;
  token: string;
}

const bearer = /^bearer +([\x21-\x7e]{1,256})$/i;

function bearerOf({ headers }: HttpRequest): string {
  const token = bearer.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw registrationErrors.registrationToken('there is no bearer token');
  return token;
}

async function readBody({ request }: Start) {
  return { body: readJsonBody(request, registrationErrors.registrationMetadata) };
}

/** Registration requires an initial access token (RFC 7591 section 3). */
const checkGrant = check('initial-token', async function checkGrant(context: Start) {
  return countingFailures(context, async ({ request, provider }) => {
    const grant = await provider.tokens.initialGrantOf(bearerOf(request));
    if (!grant)
      throw registrationErrors.registrationToken('it is not an initial access token, or has expired');
    return { grant };
  });
});

const shown = (
  { registrationUrl }: DynamicServices,
  { name, cis2: registration }: Pick<StoredApplication, 'name' | 'cis2'>,
  more: object,
) => {
  if (!registration) throw new Error('The application has no registration at CIS2.');
  return {
    client_id: registration.clientId,
    registration_client_uri: `${registrationUrl}/${registration.clientId}`,
    ...more,
    ...metadataOf(name, registration),
  };
};

const secretMembers = (secret: string | undefined) =>
  secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 };

async function register({
  provider,
  grant,
  body,
}: Start & Passed<'initial-token'> & { grant: InitialGrant; body: JsonObject }): Promise<Answer> {
  const { applications, tokens, audit, clock } = provider;
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
  return json(201, shown(provider, application, { ...times, ...secretMembers(secret) }), {
    pragma: 'no-cache',
  });
}

/** The token of a client is only for that client, and ends with it (RFC 7592 section 2). */
const checkClient = check(
  'registration-token',
  async function checkClient(context: Start<{ client: string }>) {
    return countingFailures(context, async ({ request, provider: { applications, tokens } }) => {
      const token = bearerOf(request);
      const clientId = await tokens.clientOf(token);
      const { client: named } = context.request.params;
      if (clientId === undefined || clientId !== named)
        throw registrationErrors.registrationToken(`it is not the token of ${named.slice(0, 100)}`);
      const client = await findRelyingParty(applications, clientId);
      if (!client) throw registrationErrors.registrationToken('the client was removed or revoked');
      return { client, token };
    });
  },
);

async function showClient({ provider, client, token }: ClientContext): Promise<Answer> {
  return json(200, shown(provider, client.application, { registration_access_token: token }));
}

/** A replacement names the client id of the client, and its own secret if any (RFC 7592 section 2.2). */
const checkIdentity = check(
  'identity',
  async function checkIdentity({
    provider: { clock },
    client: { registration },
    body: { client_id: clientId, client_secret: secret },
  }: ClientContext & { body: JsonObject }): Promise<void> {
    if (clientId !== registration.clientId)
      throw registrationErrors.registrationMetadata('another client_id', {
        member: 'client_id',
        problem: 'must be that of the client',
      });
    if (secret === undefined) return;
    if (typeof secret !== 'string' || !secretFits(registration, secret, clock.now()))
      throw registrationErrors.registrationMetadata('another secret', {
        member: 'client_secret',
        problem: 'must be that of the client',
      });
  },
);

async function replaceClient({
  provider,
  client: { application: before, registration },
  body,
  token,
}: ClientContext & Passed<'identity'> & { body: JsonObject }): Promise<Answer> {
  const { applications, audit, clock } = provider;
  const draft = readMetadata(body, registration.profile, registration);
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
    shown(provider, application, { registration_access_token: token, ...secretMembers(secret) }),
  );
}

async function removeClient({
  provider: { applications, tokens, audit },
  client: { application },
  token,
}: ClientContext): Promise<Answer> {
  const record = audit.recordStatement({
    actor: application.developer,
    action: 'cis2.client-removed',
    target: application.id,
    outcome: 'ok',
  });
  await applications.remove(application.id, tokens.forgetStatement(token), record);
  return noContent();
}

const ofClient = (name: string) => steps<Start<{ client: string }>>(name).step(checkClient);

const create = steps<Start>('cis2.register').step(checkGrant).step(readBody).step(register);
const read = ofClient('cis2.registration').step(showClient);
const replace = ofClient('cis2.registration-replace').step(readBody).step(checkIdentity).step(replaceClient);
const remove = ofClient('cis2.registration-remove').step(removeClient);

/** `POST /connect/register` (RFC 7591), and the configuration endpoint of each client (RFC 7592). */
export function dynamicRoutes(provider: DynamicServices): Route[] {
  const handler = handlersOf(provider, registrationError);
  const path = new URL(provider.registrationUrl).pathname;
  return [
    ...route(path, { POST: handler(create) }),
    ...route(`${path}/:client`, { GET: handler(read), PUT: handler(replace), DELETE: handler(remove) }),
  ];
}
