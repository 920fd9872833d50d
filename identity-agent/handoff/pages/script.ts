import { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { scriptPath } from './page.ts';

/** How often a page looks whether it has become another one, in milliseconds. */
const every = 700;

// Only the agent's own origin is asked. Digits that are being typed are lost only when the page is over anyway.
const script = `'use strict';
(() => {
  const place = document.querySelector('[data-state]');
  if (!place) return;
  let sent = false;
  addEventListener('submit', () => { sent = true; });
  const look = async () => {
    if (sent) return;
    try {
      const answer = await fetch(place.dataset.state, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
      const known = answer.ok ? (await answer.json()).step : 'over';
      if (!sent && known !== place.dataset.step) { location.replace(location.pathname); return; }
    } catch { /* The agent does not answer: the next look tells. */ }
    setTimeout(look, ${every});
  };
  setTimeout(look, ${every});
})();
`;

/** The one script of the agent's pages. */
export const scriptRoute: Route = {
  methods: ['GET'],
  path: scriptPath,
  endpoint: async () => new Answer(200, { 'content-type': 'text/javascript; charset=utf-8' }, script),
};
