import { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';

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

/** Only pages of this origin may run it. */
export const onceScriptRoute: Route = {
  methods: ['GET'],
  path: onceScriptPath,
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
};
