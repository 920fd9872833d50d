import type { Route } from '@alongside/kernel/http';
import { scriptRoute } from '../../pages/script-route.ts';

/** The path of the script of the sign-in pages. */
export const hopScriptPath = '/assets/hop.js';

/** Delay of the help on the choice page, in milliseconds. */
const patience = 4_000;

// The window may lose its opener at the agent's origin, so the two pages use a BroadcastChannel of their own origin.
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

export const hopScriptRoute: Route = scriptRoute(hopScriptPath, script);
