import type { Route } from '@alongside/kernel/http';
import { scriptRoute } from './script-route.ts';

/** The path of the script that prevents a second submission. */
export const onceScriptPath = '/assets/once.js';

/** Time before the form may be submitted again, in milliseconds. */
const patience = 10_000;

// A second submission would find the sign-in completed, and its error would replace the response to the first.
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
