import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import type { Route } from '@alongside/kernel/http';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { cis2Page, scriptRoutes } from '../../pages/frame.ts';
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
      head: html`<script src="${hopScriptPath}" defer></script>`,
      main: html`<p role="status" data-returned="${channelOf(interaction)}">${says.elsewhere}</p>
<p><a href="${interactionPath(interaction.id, 'resume')}">${says.here}</a></p>`,
    },
    { script: ["'self'"] },
  );

/** The path of the script of the sign-in pages. */
export const hopScriptPath = '/assets/hop.js';

/** Delay of the help on the choice page, in milliseconds. */
const patience = 4_000;

// The window may lose its opener at the agent's origin, so the two pages use a BroadcastChannel of their shared origin.
const script = `'use strict';
(() => {
  const returned = document.querySelector('[data-returned]');
  if (returned) {
    new BroadcastChannel(returned.dataset.returned).postMessage('returned');
    setTimeout(() => window.close(), 50);
    return;
  }
  const form = document.querySelector('form[data-channel]');
  if (!form) return;
  const show = (id) => { document.getElementById(id).hidden = false; };
  new BroadcastChannel(form.dataset.channel).onmessage = () => location.assign(form.dataset.resume);
  form.addEventListener('submit', (event) => {
    const chosen = form.querySelector('input[name=authenticator]:checked');
    if (!chosen || !chosen.dataset.window || (event.submitter && event.submitter.name)) return;
    if (!window.open(chosen.dataset.window, 'alongside-hop', 'popup,width=540,height=720')) return;
    event.preventDefault();
    show('waiting');
    setTimeout(() => show('help'), ${patience});
  });
})();
`;

export const hopScriptRoutes: readonly Route[] = scriptRoutes(hopScriptPath, script);
