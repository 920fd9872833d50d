import { rolesOf } from '../../src/console/model/administrators/roles.ts';
import type { ConsoleContext } from '../../src/console/model/dependencies.ts';
import { templateOf } from '../../src/console/service/api/call.ts';
import { openApiOf } from '../../src/console/service/api/openapi.ts';
import { apiCalls, resources } from '../../src/console/service/registry.ts';
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

interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  prefixItems?: readonly Schema[];
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  additionalProperties?: Schema | boolean;
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, Content> }> }>>;
  components: { schemas: Record<string, Schema> };
}

interface Content {
  schema?: Schema;
}

/** Writes a schema like a type of TypeScript. */
function shapeOf(schema: Schema): string {
  const { $ref, type, properties, required = [], items, additionalProperties } = schema;
  if ($ref) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.allOf) return schema.allOf.map(shapeOf).join(' & ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(shapeOf))].join(' | ');
  if (properties) {
    const members = Object.entries(properties).map(
      ([name, member]) => `${name}${required.includes(name) ? '' : '?'}: ${shapeOf(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  if (items) {
    const entry = shapeOf(items);
    return entry.includes(' | ') || entry.includes(' & ') ? `(${entry})[]` : `${entry}[]`;
  }
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0)
    return `{[name]: ${shapeOf(additionalProperties)}}`;
  return type === undefined ? 'any' : [type].flat().join(' | ');
}

/** `docs/console-api.md`: the OpenAPI document as readable tables. */
export function consoleApiPage(): string {
  const calls = describedCalls();
  const document = openApiOf(
    calls.map(({ call }) => call),
    { version: '', server: '' },
  ) as Document;
  const answersOf = (path: string, method: string, answers: Readonly<Record<number, string>>) => {
    const { responses } = document.paths[path]?.[method.toLowerCase()] ?? { responses: {} };
    return Object.entries(answers)
      .map(([status, meaning]) => {
        const schema = Number(status) < 400 && responses[status]?.content?.['application/json']?.schema;
        return `${status} ${schema ? `\`${shapeOf(schema)}\` ` : ''}${meaning}`;
      })
      .join('; ');
  };
  const rows = calls.map(({ call: { method, path, summary, answers, roles }, development }) => {
    const template = templateOf(path);
    const who = development ? 'development only' : rolesOf(roles).join(', ');
    return `| \`${method} ${template}\` | ${cell(summary)} | ${who} | ${cell(answersOf(template, method, answers))} |`;
  });
  const { Error: _, ...shapes } = document.components.schemas;
  return [
    '# Console API',
    '',
    generated,
    '',
    'The console serves this JSON API at `/api/v1` on its port. In development it serves programs of the same machine; in production signed-in administrators with one of the named roles, and the commands of the machine ([production.md](production.md)). `/api/v1/openapi.json` has the schemas of queries, bodies and responses. Errors are `{error, error_description}`, with `field` and `problem` for an invalid member. Editable resources have an `ETag`; use `If-Match` to avoid overwriting a concurrent change. Later versions may add members to responses.',
    '',
    '| call | effect | roles | responses |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...(Object.keys(shapes).length > 0 ? ['## Shapes', ''] : []),
    ...Object.entries(shapes).map(([name, schema]) => `- \`${name}\`: \`${shapeOf(schema)}\``),
    '',
  ].join('\n');
}
