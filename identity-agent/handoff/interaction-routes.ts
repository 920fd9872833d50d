import { activity } from '@alongside/kernel/activity';
import { type Answer, json, redirect } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import { continuePage } from '@alongside/kernel/layout';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { type Handler, route, withSecrets } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { cardRefusal, pinRefusal } from '../protocol.ts';
import type { CardVisits } from '../self-service/card-visits.ts';
import type { Agent } from '../session/agent.ts';
import { isPin } from '../session/card-acts.ts';
import { readForm } from './form.ts';
import {
  checkNavigation,
  checkOwnForm,
  checkOwnScript,
  checkPeerUser,
  type GuardedRequest,
  type GuardSettings,
} from './guard.ts';
import type { Interaction, Interactions, Notice } from './interactions.ts';
import { interactionPage, type PageContext, stepToken } from './pages/page.ts';
import { pageFor } from './pages/pages.ts';
import { applicationOf } from './request.ts';
import type { Vouching } from './vouching.ts';

/** The parts of the agent that its pages use. */
export interface InteractionDesk {
  agent: Agent;
  vouching: Vouching;
  interactions: Interactions;
  cardVisits: CardVisits;
  issuer: string;
  development: boolean;
}

interface PageCall extends GuardedRequest {
  request: HttpRequest<{ id: string }>;
  desk: InteractionDesk;
}
interface InteractionCall extends PageCall {
  interaction: Interaction;
  /** Why the submitted PIN did not sign its user in. */
  refusal?: Refusal | undefined;
}
type ShowCall = InteractionCall & Passed<'navigation'>;
/** A submitted form of these pages. */
type FormCall = InteractionCall & Passed<'own-form'>;

function findInteraction({ request, desk }: PageCall & Passed<'peer-user'>): { interaction: Interaction } {
  const interaction = desk.interactions.find(request.params.id);
  activity()?.join({ keys: [interaction.trusted.claims.jti] });
  return { interaction };
}

/** Opens the prompt that this interaction needs, and returns the data for its page. */
function contextOf(desk: InteractionDesk, interaction: Interaction): PageContext {
  const { agent, vouching } = desk;
  if (agent.card?.usable && !agent.session?.awaitingRole && !vouching.sessionFor(interaction))
    agent.askForPin(applicationOf(interaction.trusted.claims));
  return {
    status: agent.signInStatus(),
    insertion: agent.card?.insertion ?? '',
    notice: interaction.notice,
    application: interaction.trusted.claims.client_name,
    site: new URL(desk.issuer).origin,
    offersRenewal: offersRenewal(desk, interaction),
    asksConfirmation: asksConfirmation(desk, interaction),
  };
}

/** Returns whether to ask for confirmation. A PIN entered here is one. */
function asksConfirmation({ vouching }: InteractionDesk, interaction: Interaction): boolean {
  const asked = interaction.confirmed || interaction.pinGiven;
  return !asked && vouching.sessionFor(interaction) !== undefined;
}

/** Once a session, and only if a page is shown anyway: a signed-in user sees only redirects. */
function offersRenewal({ agent, vouching }: InteractionDesk, interaction: Interaction): boolean {
  const session = vouching.sessionFor(interaction);
  return session !== undefined && interaction.pinGiven && !session.renewalPutOff && agent.renewalDue;
}

/** Redirects the browser once. */
async function onward(desk: InteractionDesk, interaction: Interaction): Promise<string | undefined> {
  return interaction.mutex.run(async () => {
    if (interaction.over) throw errors.interactionOver('another answer was first');
    if (offersRenewal(desk, interaction) || asksConfirmation(desk, interaction)) return undefined;
    const location = await desk.vouching.answer(interaction);
    if (location !== undefined) desk.interactions.finish(interaction);
    return location;
  });
}

const continueTo = (to: string, { development }: InteractionDesk): Answer =>
  continuePage({ title: 'Continue', service: 'Identity Agent', development, to });

async function redirectIfDone({ interaction, desk }: ShowCall) {
  const location = await onward(desk, interaction);
  return location === undefined ? undefined : redirect(location);
}

function showPage({ interaction, desk }: ShowCall): Answer {
  const context = contextOf(desk, interaction);
  const page = pageFor(context);
  if (page.id === 'pin' && interaction.shownFor !== context.insertion) {
    interaction.shownFor = context.insertion;
    desk.agent.pinShown('browser', [interaction.trusted.claims.jti]);
  }
  const answer = interactionPage(page, context, interaction, desk.development);
  const refusal = newCardRefusal(desk.agent, interaction);
  return refusal ? answer.refusing(refusal) : answer;
}

function returnStep({ interaction, desk }: InteractionCall & Passed<'own-script'>): Answer {
  const context = contextOf(desk, interaction);
  const goesOn = desk.vouching.sessionFor(interaction) && !context.offersRenewal && !context.asksConfirmation;
  return json(200, { step: goesOn ? 'onward' : stepToken(pageFor(context), context) });
}

/** Does not use the PIN if the prompt was completed elsewhere. */
async function answerPin({ request, interaction, desk }: FormCall) {
  const { agent, vouching } = desk;
  const { pin, card } = readForm(request, { pin: /^[^\p{C}]{1,64}$/u, card: /^[A-Za-z0-9_-]{0,64}$/ });
  const { claims } = interaction.trusted;
  contextOf(desk, interaction);
  if (vouching.sessionFor(interaction) || !agent.pinQuestion) return undefined;
  // The card would count it as an attempt.
  if (!isPin(pin)) {
    interaction.notice = 'not_pin';
    return { refusal: undefined };
  }
  const result = await agent.answerPin(
    pin,
    { from: 'browser', keys: [claims.jti], application: applicationOf(claims) },
    card,
  );
  interaction.notice = result.ok ? null : noticeOf(result.error);
  interaction.pinGiven ||= result.ok;
  const refusal = result.ok
    ? newCardRefusal(agent, interaction)
    : pinRefusal(result.error, 'attemptsLeft' in result ? result.attemptsLeft : undefined);
  return { refusal };
}

/** Returns why the card in the reader cannot sign its user in, once for each insertion. */
function newCardRefusal(agent: Agent, interaction: Interaction): Refusal | undefined {
  const { problem, refusal, reason } = agent.status();
  if (problem === null || interaction.refusedFor === agent.card?.insertion) return undefined;
  interaction.refusedFor = agent.card?.insertion;
  return problem === 'card_blocked' ? pinRefusal(problem) : cardRefusal(refusal ?? problem, reason ?? '');
}

function answerConfirmation({ request, interaction }: FormCall): void {
  readForm(request, { how: /^yes$/ });
  interaction.confirmed = true;
}

async function answerRenewal({ request, interaction, desk: { agent } }: FormCall): Promise<void> {
  const { how } = readForm(request, { how: /^(now|later)$/ });
  const renewed = how === 'now' && (await agent.renewCard()).ok;
  if (how === 'later' || renewed) agent.putOffRenewal();
  interaction.notice = how === 'now' && !renewed ? 'not_renewed' : null;
}

/** Redirects to the card pages, which link back here. */
function manageCard({ interaction, desk: { agent, cardVisits } }: ShowCall): Answer {
  const visit = cardVisits.open(interaction.path);
  return redirect(agent.status().problem === 'card_blocked' ? `${visit.path}/unlock-code` : visit.path);
}

async function answerRole({ request, interaction, desk: { agent } }: FormCall): Promise<void> {
  const { roleId } = readForm(request, { roleId: /^[0-9]{1,20}$/ });
  const result = await agent.answerRole(roleId);
  if (!result.ok && result.error === 'unknown_role')
    throw errors.formInvalid('the person does not have this role');
  interaction.notice = !result.ok && result.error === 'cis_unreachable' ? 'cis_unreachable' : null;
}

/** Shows a page to continue to another origin, or returns to the prompt. */
async function continueOrReturn({ interaction, desk, refusal }: FormCall): Promise<Answer> {
  const location = await onward(desk, interaction);
  const answer = location === undefined ? redirect(interaction.path, 303) : continueTo(location, desk);
  return refusal ? answer.refusing(refusal) : answer;
}

async function leave({ request, interaction, desk }: FormCall): Promise<Answer> {
  const { how } = readForm(request, { how: /^(another_way|cancel)$/ });
  return interaction.mutex.run(async () => {
    if (interaction.over) throw errors.interactionOver('another answer was first');
    const context = contextOf(desk, interaction);
    const reason = how === 'another_way' ? 'another_way' : pageFor(context).cancelled(context);
    const location = await desk.vouching.refuse(interaction.trusted, reason);
    desk.interactions.finish(interaction);
    return continueTo(location, desk);
  });
}

const show = steps<PageCall>('identity-agent.page')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(findInteraction)
  .step(redirectIfDone)
  .step(showPage);
const state = steps<PageCall>('identity-agent.page-state')
  .step(checkOwnScript)
  .step(checkPeerUser)
  .step(findInteraction)
  .step(returnStep);
const card = steps<PageCall>('identity-agent.page-card')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(findInteraction)
  .step(manageCard);
const form = steps<PageCall>('identity-agent.form')
  .step(checkOwnForm)
  .step(checkPeerUser)
  .step(findInteraction);
const pin = form.step(answerPin).step(continueOrReturn);
const role = form.step(answerRole).step(continueOrReturn);
const confirm = form.step(answerConfirmation).step(continueOrReturn);
const renewal = form.step(answerRenewal).step(continueOrReturn);
const leaving = form.step(leave);

/** The pages of an interaction and their forms. */
export function interactionRoutes(desk: InteractionDesk, guard: GuardSettings, errors: ErrorFormat): Route[] {
  const run = (list: { run(start: PageCall): Promise<Answer> }): Handler<{ id: string }> => ({
    endpoint: (request) => list.run({ request, guard, desk }),
    errors,
  });
  return [
    ...route('/interaction/:id', { GET: run(show) }),
    ...route('/interaction/:id/state', { GET: run(state) }),
    ...route('/interaction/:id/card', { GET: run(card) }),
    ...withSecrets('bodies', route('/interaction/:id/pin', { POST: run(pin) })),
    ...route('/interaction/:id/role', { POST: run(role) }),
    ...route('/interaction/:id/renewal', { POST: run(renewal) }),
    ...route('/interaction/:id/confirm', { POST: run(confirm) }),
    ...route('/interaction/:id/leave', { POST: run(leaving) }),
  ];
}

type PinError = 'no_open_question' | 'card_removed' | 'cis_unreachable' | 'wrong_pin' | 'card_blocked';

const noticeOf = (error: PinError): Notice => {
  const notices: Partial<Record<PinError, Notice>> = {
    wrong_pin: 'wrong_pin',
    card_removed: 'card_changed',
    cis_unreachable: 'cis_unreachable',
  };
  return notices[error] ?? null;
};
