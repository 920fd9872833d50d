import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { type Interaction, interactionPath } from '../interaction/interactions.ts';
import { serviceName } from './text.ts';

/** "Continue as …": one question before a sign-in that needed nothing of the person. */
export const confirmPage = (
  interaction: Interaction,
  personName: string,
  applicationName: string,
  development: boolean,
): Answer =>
  framedPage(200, {
    title: `Continue as ${personName}?`,
    service: serviceName,
    development,
    main: html`<p class="lead">${applicationName} wants to know who you are.</p>
<form method="post" action="${interactionPath(interaction.id, 'confirm')}">
<div class="actions">
<button name="answer" value="yes">Continue as ${personName}</button>
<button class="secondary" name="answer" value="another">Sign in another way</button>
<button class="secondary" name="answer" value="cancel">Cancel</button>
</div>
</form>`,
  });
