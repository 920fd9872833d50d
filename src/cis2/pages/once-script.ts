import type { Route } from '@alongside/kernel/http';
import { scriptRoute } from './script-route.ts';

/** Where the script is that keeps a form from being sent twice. */
export const onceScriptPath = '/assets/once.js';

/** How long a form waits for its answer before it may be sent again, in milliseconds. */
const patience = 10_000;

// A second press before the answer is there would send the form again: its answer is that the sign-in is over, and hides the right one.
const script = `'use strict';
(() => {
  for (const form of document.forms) {
    if (form.method !== 'post') continue;
    let sent = false;
    form.addEventListener('submit', (event) => {
      if (sent) event.preventDefault();
      else setTimeout(() => { sent = false; }, ${patience});
      sent = true;
    });
    window.addEventListener('pageshow', () => { sent = false; });
  }
})();
`;

export const onceScriptRoute: Route = scriptRoute(onceScriptPath, script);
