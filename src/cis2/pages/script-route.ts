import { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';

/** Returns the route of a script, which only pages of this origin may load. */
export const scriptRoute = (path: string, script: string): Route => ({
  methods: ['GET'],
  path,
  endpoint: async () =>
    new Answer(
      200,
      {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=300',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      },
      script,
    ),
});

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
