import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../../cis/protocol.ts';
import type { AuthenticationStrength } from '../../model/acr.ts';
import { interactionPath } from '../../model/interactions.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { askingPage } from '../../pages/frame.ts';
import type { AuthenticationContext } from '../../sign-in/authenticator.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { personaText as text } from './text.ts';

const { common } = words;

function roleCount(count: number): string {
  if (count === 0) return text.noRoles;
  return count === 1 ? text.oneRole : filled(text.roles, { count });
}

const radio = ({ uid, persona, displayName, roles }: Person): Html => html`<div class="choice">
<input type="radio" id="person-${uid}" name="uid" value="${uid}" required aria-describedby="more-${uid}">
<div><label for="person-${uid}">${displayName}${persona ? html` <span class="hint">(${persona})</span>` : undefined}</label>
<p class="hint" id="more-${uid}">${uid}, ${roleCount(roles.length)}</p></div>
</div>`;

/** Lists the people of the directory. `unchosen` asks again after a form without a person. */
export const personaPage = (
  { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
  people: readonly Person[],
  { level, methods }: AuthenticationStrength,
  unchosen: boolean,
): Answer =>
  askingPage(unchosen ? 400 : 200, {
    title: text.title,
    development: true,
    main: html`<p class="lead">${filled(common.signingIn, { application: nameOnPages(client, interaction) })}</p>
<p class="note">${text.lead} ${filled(text.counts, { level, methods: methods.join(' ') })}</p>
${unchosen ? html`<p class="error" role="alert">${text.unchosen}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'persona/answer')}">
<fieldset><legend>${text.legend}</legend>${people.map(radio)}</fieldset>
<div class="actions"><button>${text.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });
