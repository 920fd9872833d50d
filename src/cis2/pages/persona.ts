import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { Person } from '../../cis/protocol.ts';
import type { Reached } from '../acr.ts';
import { type Interaction, interactionPath } from '../interaction/interactions.ts';
import { serviceName } from './text.ts';

const words = {
  title: 'Sign in as anybody',
  lead: 'For development: choose a person, and you are that person.',
  legend: 'Who do you want to be?',
  unchosen: 'Choose a person.',
  next: 'Sign in',
  otherWay: 'Choose another way to sign in',
} as const;

const radio = ({ uid, persona, displayName, roles }: Person): Html => html`<div class="choice">
<input type="radio" id="person-${uid}" name="uid" value="${uid}" required aria-describedby="more-${uid}">
<div><label for="person-${uid}">${displayName}${persona ? html` <span class="hint">(${persona})</span>` : undefined}</label>
<p class="hint" id="more-${uid}">${uid}, ${roles.length === 1 ? 'one role' : `${roles.length || 'no'} roles`}</p></div>
</div>`;

/** The people of the directory, to be one of them. */
export const personaPage = (
  {
    interaction,
    applicationName,
    problem,
  }: { interaction: Interaction; applicationName: string; problem: boolean },
  people: readonly Person[],
  { level, methods }: Reached,
): Answer =>
  framedPage(problem ? 400 : 200, {
    title: words.title,
    service: serviceName,
    development: true,
    main: html`<p class="lead">You are signing in to ${applicationName}.</p>
<p class="note">${words.lead} The sign-in counts as level ${level}, ${methods.join(' ')}.</p>
${problem ? html`<p class="error" role="alert">${words.unchosen}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'persona/answer')}">
<fieldset><legend>${words.legend}</legend>${people.map(radio)}</fieldset>
<div class="actions"><button>${words.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${words.otherWay}</a></p>`,
  });
