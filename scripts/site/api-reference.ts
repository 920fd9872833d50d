import { apiPath } from '../../src/console/service/api/call.ts';
import { openApiOf } from '../../src/console/service/api/openapi.ts';
import { describedCalls } from '../docs/console-api-page.ts';
import { cell } from '../docs/page.ts';

interface Schema {
  type?: string | readonly string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
}

interface Operation {
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { description: string }>;
}

/** Returns the pages of the console API by name, from its OpenAPI document: one for each kind of resource. */
export function apiReference(): Map<string, string> {
  const document = openApiOf(
    describedCalls().map(({ call }) => call),
    { version: '', server: '' },
  ) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const groups = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    const [, group = ''] = path.split('/');
    for (const [method, operation] of Object.entries(operations))
      groups.set(group, [...(groups.get(group) ?? []), section(method.toUpperCase(), path, operation)]);
  }
  return new Map(
    [...groups].map(([group, sections]) => [
      group,
      [
        '---',
        `title: ${JSON.stringify(titleOf(group))}`,
        `description: "Console API calls below ${apiPath}/${group}, from the OpenAPI document."`,
        'tableOfContents: { maxHeadingLevel: 2 }',
        '---',
        '',
        `Calls below \`${apiPath}/${group}\`. The page is made from the document that a running console serves at \`${apiPath}/openapi.json\`.`,
        '',
        ...sections,
      ].join('\n'),
    ]),
  );
}

const titleOf = (group: string): string =>
  `${group.charAt(0).toUpperCase()}${group.slice(1).replaceAll('-', ' ')}`;

function section(method: string, path: string, operation: Operation): string {
  const { summary, parameters, requestBody, responses } = operation;
  const lines = [`## ${method} ${path.replaceAll('{', '\\{')}`, '', `${summary}.`, ''];
  if (parameters.length > 0) {
    lines.push('### Parameters', '', '| name | in | type | required |', '|---|---|---|---|');
    for (const { name, in: place, schema, required } of parameters)
      lines.push(`| \`${name}\` | ${place} | ${typeOf(schema)} | ${required ? 'yes' : 'no'} |`);
    lines.push('');
  }
  const body = requestBody?.content['application/json'].schema;
  const members = body ? membersOf(body) : [];
  if (members.length > 0)
    lines.push('### Body', '', '| member | type | required |', '|---|---|---|', ...members, '');
  lines.push('### Responses', '', '| status | meaning |', '|---|---|');
  for (const [status, { description }] of Object.entries(responses))
    lines.push(`| ${status} | ${cell(description)} |`);
  return [...lines, ''].join('\n');
}

/** Lists members with their path: `platform.callbackUrls`. */
function membersOf(schema: Schema, path = ''): string[] {
  const required = new Set(schema.required);
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const full = path === '' ? name : `${path}.${name}`;
    const about = member.description ? `. ${member.description}` : '';
    return [
      `| \`${full}\` | ${cell(typeOf(member) + about)} | ${required.has(name) ? 'yes' : 'no'} |`,
      ...membersOf(member, full),
      ...(member.items ? membersOf(member.items, `${full}[]`) : []),
    ];
  });
  const [first] = (schema.anyOf ?? schema.oneOf ?? []).filter(({ properties }) => properties);
  return own.length > 0 || !first ? own : membersOf(first, path);
}

/** Describes a type with its limits in a table cell. */
function typeOf(schema: Schema): string {
  const { anyOf, oneOf, items, type, pattern, minimum, maximum, maxLength } = schema;
  if (schema.enum)
    return schema.enum.map((value) => (value === '' ? 'an empty text' : `\`${String(value)}\``)).join(', ');
  if (schema.const === '') return 'an empty text';
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  const choices = anyOf ?? oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ');
  const name = type === undefined ? 'any' : [type].flat().join(' or ');
  const limits = [
    items && `of ${typeOf(items)}`,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `from ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern !== undefined && pattern.length < 40 && `\`${pattern}\``,
  ].filter(Boolean);
  return [name, ...limits].join(' ');
}
