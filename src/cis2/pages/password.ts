import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { type Interaction, interactionPath } from '../interaction/interactions.ts';
import { field } from './field.ts';
import { passwordSentences } from './password-text.ts';
import { serviceName } from './text.ts';

const { password: words, otherWay } = passwordSentences;

/** User name and password, as the development realm of the published service asks for them. */
export const passwordPage = (
  interaction: Interaction,
  applicationName: string,
  problem: string,
  development: boolean,
): Answer =>
  framedPage(problem ? 400 : 200, {
    title: words.title,
    service: serviceName,
    development,
    main: html`<p class="lead">You are signing in to ${applicationName}.</p>
<p class="quiet">${words.lead}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'password/answer')}">
${field({ name: 'username', label: words.name, hint: words.nameHint, type: 'text', autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: words.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${words.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${otherWay}</a></p>`,
  });
