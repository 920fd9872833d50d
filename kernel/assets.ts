import { Answer } from './answer.ts';
import type { BrowserPrograms } from './browser-programs.ts';
import type { Route } from './request.ts';
import { plainError } from './respond.ts';
import { readOnly, route } from './route.ts';

/**
 * Returns the routes of a file that pages load.
 * @param content is called for each request
 * @param headers more headers of its responses
 */
export function assetAt(
  path: string,
  type: string,
  content: () => string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Route[] {
  const all = {
    'content-type': type,
    'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
    ...headers,
  };
  return route(path, readOnly({ endpoint: async () => new Answer(200, all, content()), errors: plainError }));
}

/** Returns the routes of programs, which only pages of the same origin may load. */
export const programRoutes = (programs: BrowserPrograms): Route[] =>
  [...programs].flatMap(([name, text]) =>
    assetAt(`/assets/${name}`, 'text/javascript; charset=utf-8', text, {
      'cross-origin-resource-policy': 'same-origin',
    }),
  );
