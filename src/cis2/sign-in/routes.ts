import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import type { Database } from '../../storage/database.ts';
import { requestErrors } from '../errors/request.ts';
import { responseErrors } from '../errors/response.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials } from '../model/credentials.ts';
import { type Interactions, interactionPath, withoutSignIn } from '../model/interactions.ts';
import { nameOnPages } from '../model/relying-party.ts';
import { goingOnPage } from '../pages/frame.ts';
import type { ReplyFrame } from '../responses/authorization-response.ts';
import { errorPage, handlersOf } from '../responses/error-answers.ts';
import { checkSameOrigin } from '../responses/own-form.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { filled, words } from '../text/words.ts';
import type { Authenticator, Authenticators } from './authenticator.ts';
import { signInErrors } from './errors.ts';
import { type Finish, failInteraction, type ProvedSignIn, toPage } from './finish.ts';
import { findSignIn, type InteractionContext, openInteraction, type SignInContext } from './open.ts';
import { choicePage, confirmPage } from './pages/choice.ts';
import { showRoles, takeRole } from './roles.ts';

interface SignInDependencies extends ReplyFrame {
  origin: string;
  applications: Applications;
  database: Database;
  interactions: Interactions;
  sessions: Sessions;
  credentials: Credentials;
  authenticators: Authenticators;
  cis: CisClient;
  recorder: Recorder;
  finish: Finish;
}

interface Start<Params = Id> {
  request: HttpRequest<Params>;
  provider: SignInDependencies;
}

type Id = { id: string };
type AuthenticatorParams = Id & { authenticator: string };
type PageContext<Params = Id> = InteractionContext & Start<Params>;
type FormContext = PageContext & { form: Parameters };

async function readForm({ request }: Start) {
  const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
  if (!form) throw requestErrors.requestMalformed('a form was expected');
  return { form };
}

const offeredIn = ({ provider, interaction: { authorization, expected } }: PageContext) =>
  provider.authenticators.offered(authorization.acr, expected);

async function showChoice(context: PageContext): Promise<Answer> {
  const { provider, interaction, client } = context;
  const { expected } = interaction;
  const signedIn = expected?.steppingUp ? await provider.cis.person(expected.uid) : undefined;
  const offered = await offeredIn(context);
  return choicePage(interaction, {
    applicationName: nameOnPages(client, interaction),
    offered,
    presence: await offered.find(({ inWindow }) => inWindow)?.presence?.(context.request),
    signedIn: signedIn?.displayName ?? null,
    development: provider.development,
  });
}

/** Returns the error response of a user who cancels on a page. */
async function takeCancel(context: FormContext) {
  const { form } = context;
  if (form.get('cancel') !== '1' && form.get('answer') !== 'cancel') return undefined;
  return failInteraction(context.provider, context, [], responseErrors.denied('cancelled on a page'));
}

/** Goes to the chosen authenticator through a page: its address may redirect to the agent, which a form may not do (CSP). */
async function takeChoice(context: FormContext): Promise<Answer> {
  const { provider, interaction, form, client } = context;
  const offered = await offeredIn(context);
  const chosen = offered.find(({ id }) => id === form.get('authenticator'));
  if (!chosen) return redirect(interactionPath(interaction.id), 303);
  const title = filled(words.common.goingTo, { application: nameOnPages(client, interaction) });
  const to = interactionPath(interaction.id, chosen.id);
  return goingOnPage({ title, development: provider.development, to });
}

/** Lets any user sign in, if the user of this browser's session is not the one who wants to step up. */
async function takeAnotherUser({ provider, interaction, form }: FormContext) {
  if (form.get('person') !== 'another' || interaction.expected?.firm) return undefined;
  if (!(await provider.interactions.save({ ...interaction, expected: null })))
    throw signInErrors.interactionUnknown('it was answered meanwhile');
  return redirect(interactionPath(interaction.id), 303);
}

async function findAuthenticator(context: PageContext<AuthenticatorParams>) {
  const { authenticator: id } = context.request.params;
  const authenticator = (await offeredIn(context)).find((offered) => offered.id === id);
  return authenticator ? { authenticator } : redirect(interactionPath(context.interaction.id));
}

async function beginSignIn(context: PageContext & { authenticator: Authenticator }): Promise<Answer> {
  const { provider, request, client, authenticator } = context;
  const interaction = { ...context.interaction, chosen: true, message: '', ...withoutSignIn };
  if (!(await provider.interactions.save(interaction)))
    throw signInErrors.interactionUnknown('it was answered meanwhile');
  const inWindow = parseParameters(request.query)?.get('window') === '1';
  return authenticator.begin({ request, client, interaction }, inWindow);
}

type CallContext = PageContext<AuthenticatorParams & { page: string }> & { authenticator: Authenticator };

async function callAuthenticator(
  { provider: _, authenticator, ...context }: CallContext,
  method: 'GET' | 'POST',
): Promise<Answer> {
  const { page } = context.request.params;
  const found = authenticator.routes.find((one) => one.path === page && one.method === method);
  return found ? found.run(context) : redirect(interactionPath(context.interaction.id), 303);
}

const getFromAuthenticator = (context: CallContext): Promise<Answer> => callAuthenticator(context, 'GET');
const postToAuthenticator = (context: CallContext): Promise<Answer> => callAuthenticator(context, 'POST');

async function showConfirm({
  provider,
  interaction,
  client,
  authentication,
}: SignInContext & Start): Promise<Answer> {
  const person = await provider.cis.person(authentication.uid);
  if (!person) return redirect(interactionPath(interaction.id));
  return confirmPage(interaction, person.displayName, nameOnPages(client, interaction), provider.development);
}

/** Any answer but yes goes back to the choice page. */
async function takeConfirmation(context: FormContext) {
  const { interaction, form } = context;
  const waits = interaction.authentication !== null || interaction.sid !== null;
  if (waits && form.get('answer') === 'yes') return { confirmed: true };
  const changed = { ...interaction, ...withoutSignIn, message: '' };
  return toPage(context.provider, { ...context, interaction: changed }, []);
}

async function finishSignIn(
  context: Start & SignInContext & Partial<Pick<ProvedSignIn, 'confirmed' | 'chosenRoleId'>>,
): Promise<Answer> {
  const { provider, interaction, confirmed = interaction.confirmed } = context;
  return provider.finish.run({ ...context, confirmed });
}

const page = <Params extends Id = Id>(name: string) => steps<Start<Params>>(name).step(openInteraction);
const form = (name: string) => page(name).step(readForm);

const choice = page('cis2.choice').step(showChoice);
const chosen = form('cis2.chosen').step(takeCancel).step(takeAnotherUser).step(takeChoice);
const confirm = page('cis2.confirm').step(findSignIn).step(showConfirm);
const confirmed = form('cis2.confirmed')
  .step(checkSameOrigin)
  .step(takeCancel)
  .step(takeConfirmation)
  .step(findSignIn)
  .step(finishSignIn);
const resume = page('cis2.resume').step(findSignIn).step(finishSignIn);
const role = page('cis2.role').step(findSignIn).step(showRoles);
const roleChosen = form('cis2.role-chosen')
  .step(takeCancel)
  .step(findSignIn)
  .step(takeRole)
  .step(finishSignIn);
const begin = page<AuthenticatorParams>('cis2.begin').step(findAuthenticator).step(beginSignIn);
const authenticatorPage = (name: string) =>
  page<AuthenticatorParams & { page: string }>(name).step(findAuthenticator);
const authenticatorGet = authenticatorPage('cis2.authenticator-page').step(getFromAuthenticator);
const authenticatorPost = authenticatorPage('cis2.authenticator-form').step(postToAuthenticator);

/** The pages of an interaction, each for the browser that began it. */
export function interactionRoutes(provider: SignInDependencies): Route[] {
  const handler = handlersOf(provider, errorPage(provider.development));
  return [
    ...route('/interaction/:id', { GET: handler(choice), POST: handler(chosen) }),
    ...route('/interaction/:id/confirm', { GET: handler(confirm), POST: handler(confirmed) }),
    ...route('/interaction/:id/resume', { GET: handler(resume) }),
    ...route('/interaction/:id/role', { GET: handler(role), POST: handler(roleChosen) }),
    ...withSecrets('bodies', [
      ...route('/interaction/:id/:authenticator', { GET: handler(begin) }),
      ...route('/interaction/:id/:authenticator/:page', {
        GET: handler(authenticatorGet),
        POST: handler(authenticatorPost),
      }),
    ]),
  ];
}
