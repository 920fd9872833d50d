import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { field } from '../../pages/field.ts';
import { askingPage } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { password: says, common } = words;

/** User name and password, as the development realm of the published service asks for them. */
export const passwordPage = (
  interaction: Interaction,
  applicationName: string,
  problem: string,
  development: boolean,
): Answer =>
  askingPage(problem ? 400 : 200, {
    title: says.title,
    development,
    main: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>
<p class="quiet">${says.lead}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'password/answer')}">
${field({ name: 'username', label: says.name, hint: says.nameHint, type: 'text', autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: says.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${says.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });
