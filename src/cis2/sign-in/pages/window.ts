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

/** Time until the page says that nothing came back from the window, and until a silent agent counts as absent, in milliseconds. */
const timeouts = { window: 4_000, agent: 1_500 };

// The window may lose its opener at the agent's origin, so the two pages use a BroadcastChannel of their shared origin.
//
// No window opens before the agent responded, so that nobody sees the browser's own error page. Where Local Network Access would
// ask the user for permission, the page does not call the agent: what CIS heard of this network decides.
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
  const show = (id, isShown) => { document.getElementById(id).hidden = !isShown; };
  new BroadcastChannel(form.dataset.channel).onmessage = () => location.assign(form.dataset.resume);
  const isUnreachable = (code) => {
    const place = document.getElementById('it-code');
    place.textContent = place.dataset[code];
    show('unreachable', true);
    if (code === 'silent') document.getElementById('unreachable').focus();
  };
  const mayCall = async () => {
    if (/^(localhost|127\\.|\\[::1\\])/.test(location.hostname)) return true;
    for (const name of ['loopback-network', 'local-network-access'])
      try { return (await navigator.permissions.query({ name })).state === 'granted'; } catch { /* unknown to this browser */ }
    return /Chrome|Firefox/.test(navigator.userAgent);
  };
  const ask = async () => {
    const { presence, heard } = form.dataset;
    if (!presence) return true;
    if (!(await mayCall())) return heard === 'true';
    const signal = AbortSignal.timeout(${timeouts.agent});
    return fetch(presence, { cache: 'no-store', credentials: 'omit', signal }).then(({ ok }) => ok, () => false);
  };
  let waiting;
  form.addEventListener('submit', async (event) => {
    const chosen = form.querySelector('input[name=authenticator]:checked');
    if (!chosen || !chosen.dataset.window || (event.submitter && event.submitter.name)) return;
    event.preventDefault();
    clearTimeout(waiting);
    show('unreachable', false);
    show('waiting', false);
    if (!(await ask())) { isUnreachable('silent'); return; }
    if (!window.open(chosen.dataset.window, 'alongside-hop', 'popup,width=540,height=720')) { form.submit(); return; }
    show('waiting', true);
    waiting = setTimeout(() => isUnreachable('unreturned'), ${timeouts.window});
  });
})();
`;

export const hopScriptRoutes: readonly Route[] = scriptRoutes(hopScriptPath, script);
