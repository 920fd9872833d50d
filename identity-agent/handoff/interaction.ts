import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { continuePage } from '@alongside/kernel/layout';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { route } from '@alongside/kernel/route';
import { steps } from '@alongside/kernel/steps';
import { errors as catalogue } from '../errors.ts';
import type { Errands } from '../self-service/errands.ts';
import type { Agent } from '../session/agent.ts';
import { readForm } from './form.ts';
import type { Guards } from './guard.ts';
import type { Interaction, Interactions, Notice } from './interactions.ts';
import { interactionPage, type PageContext, stepToken } from './pages/page.ts';
import { pageFor } from './pages/pages.ts';
import type { Vouching } from './vouching.ts';

export interface InteractionParts {
  agent: Agent;
  guards: Guards;
  vouching: Vouching;
  interactions: Interactions;
  errands: Errands;
  issuer: string;
  development: boolean;
  errors: ErrorFormat;
}

interface Start {
  request: HttpRequest<{ id: string }>;
}
interface InteractionRequest extends Start {
  interaction: Interaction;
}

/** The pages of an interaction and their forms. */
export function interactionRoutes(parts: InteractionParts): Route[] {
  const { agent, guards, vouching, interactions, errands, issuer, development, errors } = parts;
  const site = new URL(issuer).origin;

  function findInteraction({ request }: Start): { interaction: Interaction } {
    return { interaction: interactions.find(request.params.id) };
  }

  /** Opens the prompt that this interaction needs, and returns the data for its page. */
  function contextOf(interaction: Interaction): PageContext {
    if (agent.card?.usable && !agent.session?.awaitingRole && !vouching.sessionFor(interaction))
      agent.askForPin(interaction.trusted.claims.client_name);
    return {
      status: agent.status(),
      insertion: agent.card?.insertion ?? '',
      notice: interaction.notice,
      application: interaction.trusted.claims.client_name,
      site,
      offersRenewal: offersRenewal(interaction),
      asksConfirmation: asksConfirmation(interaction),
    };
  }

  /** Returns whether to ask for confirmation. A PIN entered here is one. */
  function asksConfirmation(interaction: Interaction): boolean {
    const asked = interaction.confirmed || interaction.pinGiven;
    return !asked && vouching.sessionFor(interaction) !== undefined;
  }

  /** Once a session, and only if a page is shown anyway: a signed-in user sees only redirects. */
  function offersRenewal(interaction: Interaction): boolean {
    const session = vouching.sessionFor(interaction);
    return session !== undefined && interaction.pinGiven && !session.renewalPutOff && agent.renewalDue;
  }

  /** Redirects the browser once. */
  async function onward(interaction: Interaction): Promise<string | undefined> {
    return interaction.mutex.run(async () => {
      if (interaction.over) throw catalogue.interactionOver('another answer was first');
      if (offersRenewal(interaction) || asksConfirmation(interaction)) return undefined;
      const location = await vouching.answer(interaction);
      if (location !== undefined) interactions.finish(interaction);
      return location;
    });
  }

  const continueTo = (to: string): Answer =>
    continuePage({ title: 'Continue', service: 'Identity Agent', development, to });

  async function goOn({ interaction }: InteractionRequest): Promise<Answer | undefined> {
    const location = await onward(interaction);
    return location === undefined ? undefined : redirect(location);
  }

  function showPage({ interaction }: InteractionRequest): Answer {
    const context = contextOf(interaction);
    const page = pageFor(context);
    if (page.id === 'pin' && interaction.shownFor !== context.insertion) {
      interaction.shownFor = context.insertion;
      agent.pinShown('browser', [interaction.trusted.claims.jti]);
    }
    return interactionPage(page, context, interaction, development);
  }

  function returnStep({ interaction }: InteractionRequest): Answer {
    const context = contextOf(interaction);
    const goesOn = vouching.sessionFor(interaction) && !context.offersRenewal && !context.asksConfirmation;
    return json(200, { step: goesOn ? 'onward' : stepToken(pageFor(context), context) });
  }

  /** Does not use the PIN if the prompt was completed elsewhere. */
  async function answerPin({ request, interaction }: InteractionRequest): Promise<void> {
    const { pin, card } = readForm(request, { pin: /^[^\p{C}]{1,64}$/u, card: /^[A-Za-z0-9_-]{0,64}$/ });
    const { claims } = interaction.trusted;
    contextOf(interaction);
    if (vouching.sessionFor(interaction) || !agent.pinQuestion) return;
    const result = await agent.answerPin(
      pin,
      { from: 'browser', keys: [claims.jti], application: claims.client_name },
      card,
    );
    interaction.notice = result.ok ? null : noticeOf(result.error);
    interaction.pinGiven ||= result.ok;
  }

  async function answerConfirmation({ request, interaction }: InteractionRequest): Promise<void> {
    readForm(request, { how: /^yes$/ });
    interaction.confirmed = true;
  }

  async function answerRenewal({ request, interaction }: InteractionRequest): Promise<void> {
    const { how } = readForm(request, { how: /^(now|later)$/ });
    const renewed = how === 'now' && (await agent.renewCard()).ok;
    if (how === 'later' || renewed) agent.putOffRenewal();
    interaction.notice = how === 'now' && !renewed ? 'not_renewed' : null;
  }

  /** Redirects to the card pages, which link back here. */
  function manageCard({ interaction }: InteractionRequest): Answer {
    const errand = errands.open(interaction.path);
    return redirect(agent.status().problem === 'card_blocked' ? `${errand.path}/unlock-code` : errand.path);
  }

  async function answerRole({ request, interaction }: InteractionRequest): Promise<void> {
    const { roleId } = readForm(request, { roleId: /^[0-9]{1,20}$/ });
    const result = await agent.answerRole(roleId);
    if (!result.ok && result.error === 'unknown_role')
      throw catalogue.formInvalid('the person does not have this role');
    interaction.notice = !result.ok && result.error === 'cis_unreachable' ? 'cis_unreachable' : null;
  }

  /** Shows a page to continue to another origin, or returns to the prompt. */
  async function continueOrReturn({ interaction }: InteractionRequest): Promise<Answer> {
    const location = await onward(interaction);
    return location === undefined ? redirect(interaction.path, 303) : continueTo(location);
  }

  async function leave({ request, interaction }: InteractionRequest): Promise<Answer> {
    const { how } = readForm(request, { how: /^(another_way|cancel)$/ });
    return interaction.mutex.run(async () => {
      if (interaction.over) throw catalogue.interactionOver('another answer was first');
      const context = contextOf(interaction);
      const reason = how === 'another_way' ? 'another_way' : pageFor(context).cancelled(context);
      const location = await vouching.refuse(interaction.trusted, reason);
      interactions.finish(interaction);
      return continueTo(location);
    });
  }

  const seeing = steps<Start>()
    .step(guards.checkNavigation)
    .step(guards.checkPeerUser)
    .step(findInteraction)
    .step(goOn)
    .step(showPage);
  const looking = steps<Start>()
    .step(guards.checkOwnScript)
    .step(guards.checkPeerUser)
    .step(findInteraction)
    .step(returnStep);
  const form = () =>
    steps<Start>().step(guards.checkOwnForm).step(guards.checkPeerUser).step(findInteraction);
  const pinForm = form().step(answerPin).step(continueOrReturn);
  const roleForm = form().step(answerRole).step(continueOrReturn);
  const confirmForm = form().step(answerConfirmation).step(continueOrReturn);
  const renewalForm = form().step(answerRenewal).step(continueOrReturn);
  const leaveForm = form().step(leave);
  const formRoute = (
    path: `/interaction/:id/${string}`,
    list: { run(start: Start): Promise<Answer> },
  ): Route[] => route(path, { POST: { endpoint: (request) => list.run({ request }), errors } });
  const caring = steps<Start>()
    .step(guards.checkNavigation)
    .step(guards.checkPeerUser)
    .step(findInteraction)
    .step(manageCard);

  return [
    ...route('/interaction/:id', { GET: { endpoint: (request) => seeing.run({ request }), errors } }),
    ...route('/interaction/:id/state', { GET: { endpoint: (request) => looking.run({ request }), errors } }),
    ...route('/interaction/:id/card', { GET: { endpoint: (request) => caring.run({ request }), errors } }),
    ...formRoute('/interaction/:id/pin', pinForm),
    ...formRoute('/interaction/:id/role', roleForm),
    ...formRoute('/interaction/:id/renewal', renewalForm),
    ...formRoute('/interaction/:id/confirm', confirmForm),
    ...formRoute('/interaction/:id/leave', leaveForm),
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
