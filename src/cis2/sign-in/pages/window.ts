import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { cis2Page, programTag } from '../../pages/frame.ts';
import { words } from '../../text/words.ts';

const { window: says } = words;

/** Returns the channel by which the window notifies the page that opened it. */
export const channelOf = (interaction: Interaction): string => `cis2-${interaction.tag}`;

/** The last page of the small window. A script closes it; without scripts, the user follows the link. */
export const windowPage = (interaction: Interaction, development: boolean): Answer =>
  cis2Page(
    200,
    {
      title: says.title,
      development,
      head: programTag('sign-in/pages/hop'),
      main: html`<p role="status" data-returned="${channelOf(interaction)}">${says.elsewhere}</p>
<p><a href="${interactionPath(interaction.id, 'resume')}">${says.here}</a></p>`,
    },
    { script: ["'self'"] },
  );
