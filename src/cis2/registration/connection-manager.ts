import { type Answer, json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import { route } from '@alongside/kernel/route';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { StoredApplication } from '../../oauth/applications.ts';
import { handlersOf, registrationError } from '../responses/error-answers.ts';
import { configClientId, configOf, hashOf, readConfig } from './configs.ts';
import { applicationOf, readJsonBody } from './draft.ts';
import { registrationErrors } from './errors.ts';
import { countingFailures, type RegistrationServices, type Start, type TeamGrant } from './tokens.ts';

type Team = { team: string };
type Config = Team & { id: string };
type TeamContext<Params = Team> = Start<Params> & Team & Passed<'team'>;

const secretAuth = /^SecretAuth +([\x21-\x7e]{1,256})$/i;

async function findGrant({ request, provider }: Start): Promise<TeamGrant> {
  const secret = secretAuth.exec(request.headers.authorization ?? '')?.[1];
  if (secret === undefined) throw registrationErrors.teamSecret('there is no SecretAuth header');
  const grant = await provider.tokens.teamOf(secret);
  if (!grant) throw registrationErrors.teamSecret('the secret is of no team, or has expired');
  return grant;
}

/** `POST /api/auth`: exchanges the secret of a team for a session. */
async function beginSession(context: Start): Promise<Answer> {
  const { sessions } = context.provider;
  const { team } = await countingFailures(context, findGrant);
  const session = await sessions.begin([team]);
  const answer = json(200, { access_token: session, team_ids: [team] });
  return answer.with({ 'set-cookie': sessions.cookie(session) });
}

/** Checks that the session is of the team of the path, and its developer active. */
const checkTeam = check('team', async function checkTeam({ request, provider }: Start<Team>): Promise<Team> {
  const teams = await provider.sessions.teams(request);
  if (!teams) throw registrationErrors.teamSecret('there is no live session');
  const { team } = request.params;
  if (!teams.some((own) => equalSecrets(own, team)))
    throw registrationErrors.teamForbidden(
      `the session is of ${teams.join(', ')}, the path names ${team.slice(0, 100)}`,
    );
  if (await provider.tokens.isInactive(team)) throw registrationErrors.teamSecret(`${team} is inactive`);
  return { team };
});

/** Accepts JSON only. A form of another site cannot send it with the cookie of the session. */
const readBody = check('not-a-form', async function readBody({ request }: Start) {
  return { body: readJsonBody(request, registrationErrors.configInvalid) };
});

async function findConfig({ request, provider, team }: TeamContext<Config>) {
  const { id } = request.params;
  const application = await provider.applications.get(id);
  if (!application?.cis2 || application.developer !== team)
    throw registrationErrors.configUnknown(`${team} has no configuration ${id.slice(0, 100)}`);
  return { application };
}

async function listConfigs({ provider, team }: TeamContext): Promise<Answer> {
  const applications = await provider.applications.list();
  const own = applications.filter(({ developer, cis2 }) => developer === team && cis2 !== null);
  return json(200, { configs: own.map(configOf) });
}

async function showConfig({ application }: { application: StoredApplication }): Promise<Answer> {
  return json(200, configOf(application));
}

/** Returns the registered configuration, with the client secret if it is new. */
const registered = (status: 200 | 201, application: StoredApplication, secret: string | undefined) =>
  json(status, { ...configOf(application), ...(secret === undefined ? {} : { client_secret: secret }) });

type ChangeContext<Params = Team> = TeamContext<Params> & Passed<'not-a-form'> & { body: JsonObject };

async function addConfig({ provider: { applications, audit }, team, body }: ChangeContext): Promise<Answer> {
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
  return registered(201, { ...application, revision: 1 }, secret);
}

/** Replaces a configuration if the `hash` of the query shows that the sender read its current version. */
async function replaceConfig({
  request,
  provider: { applications, audit },
  team,
  body,
  application: before,
}: ChangeContext<Config> & { application: StoredApplication }): Promise<Answer> {
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
  return registered(200, { ...application, revision: before.revision + 1 }, secret);
}

const greet = async (): Promise<Answer> => json(200, { message: 'Hello World' });

const ofTeam = <Params extends Team = Team>(name: string) => steps<Start<Params>>(name).step(checkTeam);

const auth = steps<Start>('cis2.manager-auth').step(beginSession);
const list = ofTeam('cis2.manager-list').step(listConfigs);
const add = ofTeam('cis2.manager-add').step(readBody).step(addConfig);
const show = ofTeam<Config>('cis2.manager-show').step(findConfig).step(showConfig);
const replace = ofTeam<Config>('cis2.manager-replace').step(findConfig).step(readBody).step(replaceConfig);

/** The REST interface of the published Connection Manager. Scripts for it work after a change of the host. */
export function connectionManagerRoutes(provider: RegistrationServices): Route[] {
  const handler = handlersOf(provider, registrationError);
  return [
    ...route('/api/hello_world', { GET: { endpoint: greet, errors: registrationError } }),
    ...route('/api/auth', { POST: handler(auth) }),
    ...route('/api/configs/:team', { GET: handler(list), POST: handler(add) }),
    ...route('/api/configs/:team/:id', { GET: handler(show), PUT: handler(replace) }),
  ];
}
