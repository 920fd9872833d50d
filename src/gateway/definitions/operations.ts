import { folded, isNeverForwarded } from '../trusted-names.ts';
import {
  type ApiModel,
  type Content,
  type NamedExample,
  type Need,
  type OperationModel,
  type Parameter,
  satisfies,
} from './model.ts';
import { isMapping, type Mapping } from './parsed-files.ts';
import type { Schemas } from './schemas.ts';
import { Security, type SecurityReading } from './security.ts';
import type { Source } from './source.ts';

const methods = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head'];
const maxOperations = 2_000;
/** Names that the gateway answers itself, below every base path. */
const ownPaths = ['/_ping', '/_status'];

interface Reading {
  source: Source;
  schemas: Schemas;
  document: Mapping;
  access: ApiModel['access'];
  security: Security;
}

function examplesOf({ source }: Reading, media: Mapping): NamedExample[] {
  const examples: NamedExample[] = [];
  const several = source.follow(media.examples);
  if (isMapping(several))
    for (const [name, entry] of Object.entries(several)) {
      const example = source.follow(entry);
      if (isMapping(example) && 'value' in example)
        examples.push({ name, value: source.plain(example.value, example) });
    }
  else if (Array.isArray(several))
    for (const [index, value] of several.entries())
      examples.push({ name: String(index + 1), value: source.plain(value, several) });
  if (media.example !== undefined)
    examples.push({ name: 'example', value: source.plain(media.example, media) });
  return examples;
}

/** Returns the example of a schema as a whole, else one that its members' examples make; undefined without any. */
function composed(source: Source, value: unknown, depth = 0): unknown {
  const schema = source.follow(value);
  if (!isMapping(schema) || depth > 20) return undefined;
  for (const member of [
    schema.example,
    Array.isArray(schema.examples) ? schema.examples[0] : undefined,
    schema.default,
    schema.const,
  ])
    if (member !== undefined) return source.plain(member, schema);
  const parts = source.follow(schema.allOf);
  if (Array.isArray(parts)) {
    const made = parts.map((part) => composed(source, part, depth + 1)).filter(isMapping);
    if (made.length > 0) return Object.assign({}, ...made);
  }
  const choice = source.follow(schema.oneOf) ?? source.follow(schema.anyOf);
  if (Array.isArray(choice)) return composed(source, choice[0], depth + 1);
  const properties = source.follow(schema.properties);
  if (isMapping(properties)) {
    const members = Object.entries(properties).map(
      ([name, member]) => [name, composed(source, member, depth + 1)] as const,
    );
    const known = members.filter(([, member]) => member !== undefined);
    return known.length > 0 ? Object.fromEntries(known) : undefined;
  }
  if (schema.items !== undefined) {
    const item = composed(source, schema.items, depth + 1);
    return item === undefined ? undefined : [item];
  }
  return Array.isArray(schema.enum) ? schema.enum[0] : undefined;
}

function contentOf(reading: Reading, holder: Mapping, isAnswer: boolean): Record<string, Content> {
  const { source, schemas } = reading;
  const content = source.follow(holder.content);
  if (!isMapping(content)) return {};
  return Object.fromEntries(
    Object.entries(content).map(([type, entry]) => {
      const media = source.follow(entry);
      if (!isMapping(media)) return [type.toLowerCase(), { examples: [] }];
      const examples = examplesOf(reading, media);
      if (isAnswer && examples.length === 0) {
        const value = composed(source, media.schema);
        if (value !== undefined) examples.push({ name: 'composed', value });
      }
      const schema = schemas.of(media.schema);
      return [type.toLowerCase(), { ...(schema ? { schema } : {}), examples }];
    }),
  );
}

const headersOf = ({ source }: Reading, response: Mapping): string[] => {
  const headers = source.follow(response.headers);
  return isMapping(headers) ? Object.keys(headers).map((name) => name.slice(0, 100).toLowerCase()) : [];
};

function parametersOf({ source, schemas }: Reading, ...holders: Mapping[]): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const holder of holders) {
    const list = source.follow(holder.parameters);
    if (!Array.isArray(list)) continue;
    for (const entry of list) {
      const parameter = source.follow(entry);
      if (!isMapping(parameter)) continue;
      const { in: where, name } = parameter;
      if (typeof name !== 'string' || (where !== 'path' && where !== 'query' && where !== 'header')) continue;
      const schema = schemas.of(parameter.schema);
      const own = where === 'header' ? name.toLowerCase() : name;
      if (where === 'header' && (folded(own) !== own || isNeverForwarded(own)))
        source.warn(
          `The gateway never forwards the header ${name.slice(0, 60)} of a client.`,
          parameter,
          'name',
        );
      found.set(`${where} ${own}`, {
        in: where,
        name: own,
        required: where === 'path' || parameter.required === true,
        ...(schema ? { schema } : {}),
      });
    }
  }
  return [...found.values()];
}

/** Warns about grants that no application can get, and about descriptions that contradict the grants. */
function checkGrants(
  { source, access }: Reading,
  operation: Mapping,
  key: string,
  needed: readonly Need[],
): void {
  const given = access.flatMap((mode) => mode.grants);
  const lost = needed.filter((need) => need !== 'unmet' && !given.some((held) => satisfies(held, need)));
  if (lost.length > 0 && given.length > 0)
    source.warn(`${key} needs ${lost.join(' or ')}, which no access mode gives.`, operation, 'security');
  const prose = `${operation.summary ?? ''} ${operation.description ?? ''}`;
  if (needed.length > 0 && /\bopen-access\b/i.test(prose))
    source.warn(
      `${key} is described as open access, and its security is ${needed.join(', ')}. Its security applies.`,
      operation,
      'security',
    );
}

function operationOf(
  reading: Reading,
  path: string,
  item: Mapping,
  method: string,
): OperationModel | undefined {
  const { source } = reading;
  const operation = source.follow(item[method]);
  if (!isMapping(operation)) return undefined;
  const key = `${method.toUpperCase()} ${path}`;
  const needed = reading.security.needsOf(operation, key);
  checkGrants(reading, operation, key, needed);
  const body = source.follow(operation.requestBody);
  const responses = source.follow(operation.responses);
  return {
    key,
    method: method.toUpperCase(),
    path,
    grants: needed,
    parameters: parametersOf(reading, item, operation),
    requestBody: isMapping(body)
      ? { required: body.required === true, content: contentOf(reading, body, false) }
      : null,
    responses: Object.entries(isMapping(responses) ? responses : {}).flatMap(([status, value]) => {
      const response = source.follow(value);
      if (!isMapping(response)) return [];
      const headers = headersOf(reading, response);
      return [
        {
          status: status.toUpperCase(),
          content: contentOf(reading, response, true),
          ...(headers.length > 0 ? { headers } : {}),
        },
      ];
    }),
  };
}

/** Joins operations of one method and path, which a suffix after `#` sets apart: each adds its examples. */
function joined(before: OperationModel | undefined, one: OperationModel): OperationModel {
  if (!before) return one;
  for (const response of one.responses) {
    const { status, content, headers = [] } = response;
    const there = before.responses.find((other) => other.status === status);
    if (!there) before.responses.push(response);
    else {
      if (headers.length > 0) there.headers = [...(there.headers ?? []), ...headers];
      for (const [type, { examples, schema }] of Object.entries(content)) {
        const known = there.content[type];
        if (known) known.examples.push(...examples);
        else there.content[type] = { examples, ...(schema ? { schema } : {}) };
      }
    }
  }
  for (const [type, content] of Object.entries(one.requestBody?.content ?? {})) {
    const known = before.requestBody?.content[type];
    if (known) known.examples.push(...content.examples);
    else if (before.requestBody) before.requestBody.content[type] = content;
  }
  return before;
}

const wholeTemplate = /^[^{}]*(?:\{[^{}]+\}[^{}]*)*$/;

export function readOperations(given: Omit<Reading, 'security'> & SecurityReading): OperationModel[] {
  const reading: Reading = { ...given, security: new Security(given) };
  const { source, document } = reading;
  const paths = source.follow(document.paths);
  if (!isMapping(paths)) throw source.fail('The definition has no paths.', document, 'paths');
  const operations = new Map<string, OperationModel>();
  const shapes = new Map<string, string>();
  for (const [written, entry] of Object.entries(paths)) {
    if (written.startsWith('x-')) continue;
    if (!written.startsWith('/'))
      throw source.fail(`The path "${written.slice(0, 100)}" must begin with /.`, paths, written);
    const path = (written.split('#', 1)[0] ?? '').slice(0, 1_000);
    if (!wholeTemplate.test(path))
      throw source.fail(`The path "${path.slice(0, 100)}" has a brace without its partner.`, paths, written);
    const item = source.follow(entry);
    if (!isMapping(item)) continue;
    if (ownPaths.includes(path)) {
      source.warn(`The gateway answers ${path} itself.`, paths, written);
      continue;
    }
    const shape = path.replace(/\{[^{}]*\}/g, '{}');
    const alike = shapes.get(shape) ?? path;
    if (alike !== path)
      source.warn(
        `No call differs between ${alike} and ${path}; operations of the first count.`,
        paths,
        written,
      );
    shapes.set(shape, alike);
    for (const method of methods) {
      const operation = operationOf(reading, path, item, method);
      if (operation) operations.set(operation.key, joined(operations.get(operation.key), operation));
    }
  }
  if (operations.size === 0) throw source.fail('The definition has no operation.', document, 'paths');
  if (operations.size > maxOperations)
    throw source.fail(
      `The definition has ${operations.size} operations; ${maxOperations} are allowed.`,
      document,
      'paths',
    );
  return [...operations.values()];
}
