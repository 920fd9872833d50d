import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { equalSecrets } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { Applications, StoredApplication } from '../../oauth/applications.ts';
import { limitFailures } from '../../oauth/limit-failures.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { tokenErrors } from '../errors/token.ts';
import { configClientId, configOf, hashOf, readConfig } from './configs.ts';
import { applicationOf } from './draft.ts';
import { registrationErrors } from './errors.ts';
import type { TeamSessions } from './team-session.ts';
import type { RegistrationTokens } from './tokens.ts';

interface Parts {
  applications: Applications;
  tokens: RegistrationTokens;
  sessions: TeamSessions;
  failures: NetworkLimit;
  audit: AuditLog;
}

interface Start {
  request: HttpRequest;
}
interface InTeam extends Start {
  team: string;
}

const secretAuth = /^SecretAuth +([\x21-\x7e]{1,256})$/i;

/** `POST /api/auth`: a team's secret for a session. */
const authenticate = ({ tokens, sessions }: Parts) =>
  async function authenticate({ request }: Start): Promise<Answer> {
    const secret = secretAuth.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) throw registrationErrors.teamSecret('there is no SecretAuth header');
    const grant = await tokens.teamOf(secret);
    if (!grant) throw registrationErrors.teamSecret('the secret is of no team, or has run out');
    const session = await sessions.begin([grant.team]);
    const answer = json(200, { access_token: session, team_ids: [grant.team] });
    return answer.with({ 'set-cookie': sessions.cookie(session) });
  };

/** Whose session it is, and that the team of the path is one of its own. */
const findTeam = ({ sessions }: Parts) =>
  async function findTeam({ request }: Start): Promise<{ team: string }> {
    const teams = await sessions.teams(request);
    if (!teams) throw registrationErrors.teamSecret('there is no live session');
    const team = decodeURIComponent(request.path.split('/')[3] ?? '');
    if (!teams.some((own) => equalSecrets(own, team)))
      throw registrationErrors.teamForbidden(
        `the session is of ${teams.join(', ')}, the path names ${team.slice(0, 100)}`,
      );
    return { team };
  };

/** JSON only: a form of another site cannot send it, so the cookie is no way in for one. */
async function readBody({ request }: Start): Promise<{ body: JsonObject }> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw registrationErrors.configInvalid('the body is no JSON', {
      problem: 'the body must be application/json',
    });
  try {
    return { body: parseJsonObject(request.body) };
  } catch (error) {
    throw registrationErrors.configInvalid(reasonOf(error), { problem: reasonOf(error) });
  }
}

const findConfig = ({ applications }: Parts) =>
  async function findConfig({ request, team }: InTeam): Promise<{ application: StoredApplication }> {
    const id = decodeURIComponent(request.path.split('/')[4] ?? '');
    const application = await applications.get(id);
    if (!application?.cis2 || application.developer !== team)
      throw registrationErrors.configUnknown(`${team} has no configuration ${id.slice(0, 100)}`);
    return { application };
  };

const answerConfigs = ({ applications }: Parts) =>
  async function answerConfigs({ team }: InTeam): Promise<Answer> {
    const own = (await applications.list()).filter(
      ({ developer, cis2 }) => developer === team && cis2 !== null,
    );
    return json(200, { configs: own.map(configOf) });
  };

async function answerConfig({ application }: { application: StoredApplication }): Promise<Answer> {
  return json(200, configOf(application));
}

const addConfig = ({ applications, audit }: Parts) =>
  async function addConfig({ team, body }: InTeam & { body: JsonObject }): Promise<Answer> {
    const draft = readConfig(body);
    const clientId = configClientId(team, draft.name, uuid());
    const { application, secret } = applicationOf(draft, { team, clientId }, applications.now);
    const record = audit.recordStatement({
      actor: team,
      action: 'cis2.client-registered',
      target: application.id,
      outcome: 'ok',
    });
    await applications.add(application, record);
    const shown = configOf({ ...application, revision: 1 });
    return json(201, { ...shown, ...(secret === undefined ? {} : { client_secret: secret }) });
  };

/** Replaces a configuration that is still what its sender read: `hash` says which that was. */
const replaceConfig = ({ applications, audit }: Parts) =>
  async function replaceConfig({
    request,
    team,
    body,
    application: before,
  }: InTeam & { body: JsonObject; application: StoredApplication }): Promise<Answer> {
    const hash = new URLSearchParams(request.query).get('hash');
    if (!hash)
      throw registrationErrors.configInvalid('hash is missing', {
        field: 'hash',
        problem: 'must be in the query',
      });
    if (hash !== hashOf(before))
      throw registrationErrors.configChanged(`hash is ${hash.slice(0, 100)}, now it is ${hashOf(before)}`);
    const draft = readConfig(body, before.cis2);
    const clientId = before.cis2?.clientId ?? '';
    const { application, secret } = applicationOf(draft, { team, clientId, before }, applications.now);
    const record = audit.recordStatement({
      actor: team,
      action: 'cis2.client-changed',
      target: before.id,
      outcome: 'ok',
    });
    if (!(await applications.replace(application, before.revision, record)))
      throw registrationErrors.configChanged('another change came first');
    const shown = configOf({ ...application, revision: before.revision + 1 });
    return json(200, { ...shown, ...(secret === undefined ? {} : { client_secret: secret }) });
  };

async function greet(): Promise<Answer> {
  return json(200, { message: 'Hello World' });
}

/** The REST interface of the published Connection Manager, so that scripts for it run by changing the host. */
export function connectionManagerRoutes(parts: Parts): Route[] {
  const proving = limitFailures(parts.failures, tokenErrors.networkBusy, authenticate(parts));
  const signingIn = steps<Start>().step(proving);
  const inTeam = steps<Start>().step(findTeam(parts));
  const listing = inTeam.step(answerConfigs(parts));
  const adding = inTeam.step(readBody).step(addConfig(parts));
  const reading = inTeam.step(findConfig(parts)).step(answerConfig);
  const replacing = inTeam.step(findConfig(parts)).step(readBody).step(replaceConfig(parts));
  const team = '/api/configs/:team';
  return [
    { methods: ['GET'], path: '/api/hello_world', endpoint: greet },
    { methods: ['POST'], path: '/api/auth', endpoint: (request) => signingIn.run({ request }) },
    { methods: ['GET'], path: team, endpoint: (request) => listing.run({ request }) },
    { methods: ['POST'], path: team, endpoint: (request) => adding.run({ request }) },
    { methods: ['GET'], path: `${team}/:id`, endpoint: (request) => reading.run({ request }) },
    { methods: ['PUT'], path: `${team}/:id`, endpoint: (request) => replacing.run({ request }) },
  ];
}
