import { Answer } from '@alongside/kernel/answer';
import { plainError, type Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';

/** Returns the routes of a script, which only pages of this origin may load. */
export function scriptRoutes(path: string, script: string): Route[] {
  const headers = {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=300',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
  return route(path, { GET: { endpoint: async () => new Answer(200, headers, script), errors: plainError } });
}

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

export const onceScriptRoutes: readonly Route[] = scriptRoutes(onceScriptPath, script);
