import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { askingPage } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { confirm: says, common } = words;

/** "Continue as …": a question before an automatic sign-in. */
export const confirmPage = (
  interaction: Interaction,
  personName: string,
  applicationName: string,
  development: boolean,
): Answer =>
  askingPage(200, {
    title: filled(says.title, { name: personName }),
    development,
    main: html`<p class="lead">${filled(says.lead, { application: applicationName })}</p>
<form method="post" action="${interactionPath(interaction.id, 'confirm')}">
<div class="actions">
<button name="answer" value="yes">${filled(says.yes, { name: personName })}</button>
<button class="secondary" name="answer" value="another">${says.another}</button>
<button class="secondary" name="answer" value="cancel">${common.cancel}</button>
</div>
</form>`,
  });
