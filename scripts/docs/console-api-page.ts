import { type ApiParts, apiCalls } from '../../src/console/api/calls.ts';
import { cell, generated } from './page.ts';

/** `docs/console-api.md`: what the OpenAPI document says, to be read. */
export function consoleApiPage(): string {
  // Declared, never called: no call is made of what is not there.
  const calls = apiCalls({ urls: {}, development: true } as ApiParts);
  const inProduction = new Set(
    apiCalls({ urls: {}, development: false } as ApiParts).map(({ method, path }) => `${method} ${path}`),
  );
  const missing = (call: string) => (inProduction.has(call) ? '' : ' (not in production)');
  const answersOf = (answers: Readonly<Record<number, string>>) =>
    Object.entries(answers)
      .map(([status, meaning]) => `${status} ${meaning}`)
      .join('; ');
  const rows = calls.map(
    ({ method, path, summary, answers }) =>
      `| \`${method} ${path}\` | ${cell(summary)}${missing(`${method} ${path}`)} | ${cell(answersOf(answers))} |`,
  );
  return [
    '# Console API',
    '',
    generated,
    '',
    'Below `/api/v1` on the port of the console, JSON in both directions, for programs of the same machine; in production for administrators who have signed in and for the commands of the machine ([production.md](production.md)). The shapes of queries and bodies are in `/api/v1/openapi.json`. Refusals are `{error, error_description}` with `field` and `problem` where a member does not fit. What can be edited has an `ETag`; `If-Match` makes sure that nobody else was quicker.',
    '',
    '| call | does | answers |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
