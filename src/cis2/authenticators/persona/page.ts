import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../../cis/protocol.ts';
import type { AuthenticationStrength } from '../../model/acr.ts';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { askingPage } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { persona: says, common } = words;

function rolesOf(count: number): string {
  if (count === 0) return says.noRoles;
  return count === 1 ? says.oneRole : filled(says.roles, { count });
}

const radio = ({ uid, persona, displayName, roles }: Person): Html => html`<div class="choice">
<input type="radio" id="person-${uid}" name="uid" value="${uid}" required aria-describedby="more-${uid}">
<div><label for="person-${uid}">${displayName}${persona ? html` <span class="hint">(${persona})</span>` : undefined}</label>
<p class="hint" id="more-${uid}">${uid}, ${rolesOf(roles.length)}</p></div>
</div>`;

/** The people of the directory, to be one of them. */
export const personaPage = (
  {
    interaction,
    applicationName,
    problem,
  }: { interaction: Interaction; applicationName: string; problem: boolean },
  people: readonly Person[],
  { level, methods }: AuthenticationStrength,
): Answer =>
  askingPage(problem ? 400 : 200, {
    title: says.title,
    development: true,
    main: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>
<p class="note">${says.lead} ${filled(says.counts, { level, methods: methods.join(' ') })}</p>
${problem ? html`<p class="error" role="alert">${says.unchosen}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'persona/answer')}">
<fieldset><legend>${says.legend}</legend>${people.map(radio)}</fieldset>
<div class="actions"><button>${says.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });
