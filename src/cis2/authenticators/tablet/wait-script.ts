import { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';

/** A script of our own pages: only pages of this origin may run it. */
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

export const waitScriptPath = '/assets/wait.js';

/** How often a waiting page looks, in milliseconds. */
const interval = 1_000;

// The page says what it waits for and in which state it is; in another state it is loaded anew and says what there is.
const script = `'use strict';
(() => {
  const watched = document.querySelector('meta[name=watched]');
  if (!watched) return;
  const look = async () => {
    try {
      const answer = await fetch(watched.content, { cache: 'no-store', redirect: 'error' });
      if (answer.ok && (await answer.json()).state === watched.dataset.state) throw new Error('as before');
      location.reload();
    } catch {
      setTimeout(look, ${interval});
    }
  };
  setTimeout(look, ${interval});
})();
`;

export const waitScriptRoute: Route = scriptRoute(waitScriptPath, script);
