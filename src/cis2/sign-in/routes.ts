import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import type { Database } from '../../storage/database.ts';
import { requestErrors } from '../errors/request.ts';
import { responseErrors } from '../errors/response.ts';
import type { CisClient } from '../model/cis-client.ts';
import {
  type Interaction,
  type Interactions,
  interactionPath,
  withoutSignIn,
} from '../model/interactions.ts';
import { goingOnPage } from '../pages/frame.ts';
import type { ReplyFrame } from '../responses/reply.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { filled } from '../text/filled.ts';
import { words } from '../text/words.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authenticators } from './authenticators.ts';
import { signInErrors } from './errors.ts';
import { type Finish, failInteraction, toPage } from './finish.ts';
import { findSignIn, type InteractionContext, openInteraction, type WithSignIn } from './open.ts';
import { choicePage } from './pages/choice.ts';
import { confirmPage } from './pages/confirm.ts';
import { showRoles, takeRole } from './roles.ts';

type Parts = ReplyFrame & {
  applications: Applications;
  database: Database;
  interactions: Interactions;
  sessions: Sessions;
  authenticators: Authenticators;
  cis: CisClient;
  finish: Finish;
};

interface WithForm extends InteractionContext {
  form: Parameters;
}

async function readForm({ request }: { request: HttpRequest }): Promise<{ form: Parameters }> {
  const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  if (!form) throw requestErrors.requestMalformed('a form was expected');
  return { form };
}

const offeredIn = ({ authenticators }: Parts, { authorization, expected }: Interaction) =>
  authenticators.offered(authorization.acr, expected);

const showChoice = (parts: Parts) =>
  async function showChoice({ interaction, client }: InteractionContext): Promise<Answer> {
    const { expected } = interaction;
    const signedIn = expected?.steppingUp ? await parts.cis.person(expected.uid) : undefined;
    return choicePage(interaction, {
      applicationName: client.application.name,
      offered: await offeredIn(parts, interaction),
      signedIn: signedIn?.displayName ?? null,
      development: parts.development,
    });
  };

const takeCancel = (parts: Parts, name: string, value: string) =>
  async function takeCancel(known: WithForm): Promise<Answer | undefined> {
    if (known.form.get(name) !== value) return undefined;
    return failInteraction(parts, known, [], responseErrors.denied('cancelled on a page'));
  };

/** The chosen way begins at its own address, reached from a page: a form may not lead to the agent by redirect. */
const takeChoice = (parts: Parts) =>
  async function takeChoice({ interaction, form, client }: WithForm): Promise<Answer> {
    const offered = await offeredIn(parts, interaction);
    const chosen = offered.find(({ id }) => id === form.get('authenticator'));
    if (!chosen) return redirect(interactionPath(interaction.id), 303);
    const title = filled(words.common.goingTo, { application: client.application.name });
    const to = interactionPath(interaction.id, chosen.id);
    return goingOnPage({ title, development: parts.development, to });
  };

/** Who is signed in here may not be who wants to step up: then it may be anybody. */
const takeSomebodyElse = ({ interactions }: Parts) =>
  async function takeSomebodyElse({ interaction, form }: WithForm): Promise<Answer | undefined> {
    if (form.get('person') !== 'another' || interaction.expected?.firm) return undefined;
    if (!(await interactions.save({ ...interaction, expected: null })))
      throw signInErrors.interactionUnknown('it was answered meanwhile');
    return redirect(interactionPath(interaction.id), 303);
  };

const findAuthenticator = (parts: Parts) =>
  async function findAuthenticator({
    request,
    interaction,
  }: InteractionContext): Promise<Answer | { authenticator: Authenticator }> {
    const id = request.path.split('/')[3];
    const authenticator = (await offeredIn(parts, interaction)).find((offered) => offered.id === id);
    return authenticator ? { authenticator } : redirect(interactionPath(interaction.id));
  };

const begin = ({ interactions }: Parts) =>
  async function begin(known: InteractionContext & { authenticator: Authenticator }): Promise<Answer> {
    const interaction = { ...known.interaction, chosen: true, message: '', ...withoutSignIn };
    if (!(await interactions.save(interaction)))
      throw signInErrors.interactionUnknown('it was answered meanwhile');
    const inWindow = parseParameters(known.request.query)?.get('window') === '1';
    return known.authenticator.begin({ ...known, interaction }, inWindow);
  };

/** Any other address of an authenticator is one of its own. */
async function toAuthenticator({
  authenticator,
  ...opened
}: InteractionContext & { authenticator: Authenticator }): Promise<Answer> {
  const { request, interaction } = opened;
  const path = request.path.split('/')[4];
  const known = authenticator.routes.find(
    (candidate) => candidate.path === path && candidate.method === request.method,
  );
  return known ? known.run(opened) : redirect(interactionPath(interaction.id), 303);
}

const showConfirm = ({ cis, development }: Parts) =>
  async function showConfirm({ interaction, client, authentication }: WithSignIn): Promise<Answer> {
    const person = await cis.person(authentication.uid);
    if (!person) return redirect(interactionPath(interaction.id));
    return confirmPage(interaction, person.displayName, client.application.name, development);
  };

const takeAnother = (parts: Parts) =>
  async function takeAnother(known: WithForm): Promise<Answer | undefined> {
    const { interaction, form } = known;
    const waits = interaction.authentication !== null || interaction.sid !== null;
    if (waits && form.get('answer') === 'yes') return undefined;
    return toPage(parts, { ...known, interaction: { ...interaction, ...withoutSignIn, message: '' } }, []);
  };

const finish = (parts: Parts, confirmed: boolean) =>
  async function finish(known: WithSignIn): Promise<Answer> {
    return parts.finish.run({ ...known, confirmed: confirmed || known.interaction.confirmed });
  };

/** The pages of an interaction, each for the browser that began it alone. */
export function interactionRoutes(parts: Parts): Route[] {
  const opened = steps<{ request: HttpRequest }>().step(openInteraction(parts));
  const answered = opened.step(readForm);
  const route = (
    method: 'GET' | 'POST',
    path: string,
    list: { run(start: { request: HttpRequest }): Promise<Answer> },
  ): Route => ({
    methods: [method],
    path: `/interaction/:id${path}`,
    endpoint: (request) => list.run({ request }),
  });
  return [
    route('GET', '', opened.step(showChoice(parts))),
    route(
      'POST',
      '',
      answered
        .step(takeCancel(parts, 'cancel', '1'))
        .step(takeSomebodyElse(parts))
        .step(takeChoice(parts)),
    ),
    route('GET', '/confirm', opened.step(findSignIn(parts)).step(showConfirm(parts))),
    route(
      'POST',
      '/confirm',
      answered
        .step(takeCancel(parts, 'answer', 'cancel'))
        .step(takeAnother(parts))
        .step(findSignIn(parts))
        .step(finish(parts, true)),
    ),
    route('GET', '/resume', opened.step(findSignIn(parts)).step(finish(parts, false))),
    route('GET', '/role', opened.step(findSignIn(parts)).step(showRoles(parts))),
    route(
      'POST',
      '/role',
      answered
        .step(takeCancel(parts, 'cancel', '1'))
        .step(findSignIn(parts))
        .step(takeRole(parts)),
    ),
    route('GET', '/:authenticator', opened.step(findAuthenticator(parts)).step(begin(parts))),
    route('GET', '/:authenticator/:page', opened.step(findAuthenticator(parts)).step(toAuthenticator)),
    route('POST', '/:authenticator/:page', opened.step(findAuthenticator(parts)).step(toAuthenticator)),
  ];
}
