import { templateOf } from '../../src/console/api/call.ts';
import type { ConsoleContext } from '../../src/console/dependencies.ts';
import { apiCalls, resources } from '../../src/console/resources/registry.ts';
import { cell, generated } from './page.ts';

/** Returns the calls of the console API, and whether each exists only in development. */
export function describedCalls() {
  // The calls are only described, never called.
  const console = { urls: {}, development: true, realmKeys: {}, citizens: {} } as ConsoleContext;
  const developmentOnly = new Set(
    resources
      .filter(({ only }) => only === 'development')
      .flatMap(({ calls }) => calls?.(console) ?? [])
      .map(({ method, path }) => `${method} ${path}`),
  );
  return apiCalls(console).map((call) => ({
    call,
    development: developmentOnly.has(`${call.method} ${call.path}`),
  }));
}

/** `docs/console-api.md`: the OpenAPI document as a readable table. */
export function consoleApiPage(): string {
  const answersOf = (answers: Readonly<Record<number, string>>) =>
    Object.entries(answers)
      .map(([status, meaning]) => `${status} ${meaning}`)
      .join('; ');
  const rows = describedCalls().map(
    ({ call: { method, path, summary, answers }, development }) =>
      `| \`${method} ${templateOf(path)}\` | ${cell(summary)}${development ? ' (not in production)' : ''} | ${cell(answersOf(answers))} |`,
  );
  return [
    '# Console API',
    '',
    generated,
    '',
    'The console serves this JSON API at `/api/v1` on its port. In development it serves programs of the same machine; in production signed-in administrators and the commands of the machine ([production.md](production.md)). `/api/v1/openapi.json` has the schemas of queries and bodies. Errors are `{error, error_description}`, with `field` and `problem` for an invalid member. Editable resources have an `ETag`; use `If-Match` to avoid overwriting a concurrent change.',
    '',
    '| call | effect | responses |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
