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
