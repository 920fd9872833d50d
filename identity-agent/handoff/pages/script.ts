import { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { Route } from '@alongside/kernel/request';
import { plainError } from '@alongside/kernel/respond';
import { route } from '@alongside/kernel/route';

const scriptPath = '/assets/interaction.js';

/** Polling interval of a page in milliseconds. */
const every = 700;

// Calls only the agent's own origin. A reload loses typed digits only if the page is over anyway.
const script = `'use strict';
(() => {
  const place = document.querySelector('[data-state]');
  if (!place) return;
  // A reload must not replace a submitted form or a followed link.
  let leaving = false;
  for (const event of ['submit', 'beforeunload']) addEventListener(event, () => { leaving = true; });
  const look = async () => {
    if (leaving) return;
    try {
      const answer = await fetch(place.dataset.state, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
      const known = answer.ok ? (await answer.json()).step : 'over';
      if (!leaving && known !== place.dataset.step) { location.replace(location.pathname); return; }
    } catch { /* The agent does not answer: try again. */ }
    setTimeout(look, ${every});
  };
  setTimeout(look, ${every});
})();
`;

/** The script of the agent's pages. */
export const scriptRoutes: readonly Route[] = route(scriptPath, {
  GET: {
    endpoint: async () => new Answer(200, { 'content-type': 'text/javascript; charset=utf-8' }, script),
    errors: plainError,
  },
});

/** A page that changes with the state of the agent. */
interface LivePage {
  title: string;
  development: boolean;
  /** Whether a browser without scripts may reload it, because it has no input. */
  reloads: boolean | undefined;
  /** Where the script finds the current step. */
  state: string;
  /** The step that the page shows. */
  step: string;
  main: Html;
}

/** Returns a page in the common frame, which its script replaces when the step changes. */
export function livePage({ title, development, reloads, state, step, main }: LivePage): Answer {
  const reload = reloads ? html`<noscript><meta http-equiv="refresh" content="2"></noscript>` : undefined;
  return framedPage(
    200,
    {
      title,
      service: 'Identity Agent',
      development,
      head: html`${reload}<script src="${scriptPath}" defer></script>`,
      main: html`<div data-state="${state}" data-step="${step}"></div>
${main}`,
    },
    { script: ["'self'"], connect: ["'self'"] },
    // With `no-referrer`, a browser sends `Origin: null` with our own forms (Fetch, "append a request Origin header").
  ).with({ 'referrer-policy': 'same-origin' });
}
