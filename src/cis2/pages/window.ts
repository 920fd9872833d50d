import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { type Interaction, interactionPath } from '../interaction/interactions.ts';
import { hopScriptPath } from './hop-script.ts';
import { serviceName } from './text.ts';

/** Name of the channel over which a small window tells the page that opened it. */
export const channelOf = (interaction: Interaction): string => `cis2-${interaction.tag}`;

/** What the small window shows at the end; its script closes it. Without script the person goes on by the link. */
export const windowPage = (interaction: Interaction, development: boolean): Answer =>
  framedPage(
    200,
    {
      title: 'You can close this window',
      service: serviceName,
      development,
      head: html`<script src="${hopScriptPath}" defer></script>`,
      main: html`<p role="status" data-returned="${channelOf(interaction)}">The sign-in goes on in the window where you began.</p>
<p><a href="${interactionPath(interaction.id, 'resume')}">Go on in this window instead</a></p>`,
    },
    { script: ["'self'"] },
  );
