import { decodes } from '@alongside/kernel/respond';
import type { ExactJson } from './exact-json.ts';
import type { ApiModel, ApiRecord, Content, OperationModel, Schema } from './model.ts';
import { isJson } from './upstream.ts';
import { unchecked, type Validation } from './validation.ts';

const plainType = (type: string): string => (type.split(';', 1)[0] ?? '').trim().toLowerCase();

/** The content for a media type, with its name in the definition: its own, else that of any type. */
export function contentFor(
  content: Readonly<Record<string, Content>>,
  type: string,
): (Content & { name: string }) | undefined {
  const plain = plainType(type);
  const entries = Object.entries(content).map(([name, one]) => ({
    ...one,
    name: (name.split(';', 1)[0] ?? '').trim(),
  }));
  return entries.find(({ name }) => name === plain) ?? entries.find(({ name }) => name === '*/*');
}

/** Returns the content of a request's body in the definition, and whether it is read as JSON. Only JSON is checked. */
function contentOf({ requestBody }: OperationModel, type: string) {
  const content = requestBody && contentFor(requestBody.content, type);
  if (!content) return undefined;
  const { name, schema } = content;
  // `*/*` with a schema describes JSON, if it is not that of a text or a file.
  const mayBeText = schema === undefined || schema.type === 'string';
  return { ...content, asJson: isJson(name) || (name === '*/*' && (isJson(plainType(type)) || !mayBeText)) };
}

/** Returns whether the check of a request needs its body. */
export const isReadAsJson = (operation: OperationModel, type: string): boolean =>
  contentOf(operation, type)?.asJson ?? false;

/** Returns why the upstream may read JSON in another encoding than it is checked in: a charset, or a content coding. */
function encodingProblem(type: string, coding: string | undefined): string | undefined {
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity')
    return `the body has the content coding ${coding}, in which it is not checked`;
  for (const parameter of type.split(';').slice(1)) {
    const [name = '', value = ''] = parameter.toLowerCase().split('=', 2);
    const charset = value.trim().replaceAll('"', '');
    if (name.trim().startsWith('charset') && !['utf-8', 'utf8', 'us-ascii'].includes(charset))
      return `the charset of the body is ${charset.slice(0, 50)}; JSON is UTF-8`;
  }
  return undefined;
}

/** Returns a schema without references that lead to others. */
function resolved(schema: Schema | undefined, schemas: ApiModel['schemas']): Schema | undefined {
  let at = schema;
  for (let steps = 0; typeof at?.$ref === 'string' && steps < 20; steps++)
    at = schemas[at.$ref.slice('#/$defs/'.length)];
  return at;
}

const typesOf = (schema: Schema | undefined): unknown[] | undefined =>
  schema?.type === undefined ? undefined : [schema.type].flat();

/** A parameter as a schema sees it: a number or a flag where it expects one. */
function typed(value: string, schema: Schema | undefined): unknown {
  const types = typesOf(schema) ?? [];
  const isNumeric = types.includes('integer') || types.includes('number');
  if (isNumeric && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  if (types.includes('boolean') && (value === 'true' || value === 'false')) return value === 'true';
  return types.includes('array') ? value.split(',') : value;
}

/** Headers that the gateway reads itself, even if the definition describes them differently. */
const ofGateway = new Set(['authorization', 'apikey', 'accept', 'content-type', 'nhsd-session-urid']);

export interface CheckedRequest {
  operation: OperationModel;
  params: Readonly<Record<string, string>>;
  rawQuery: string;
  header(name: string): string | undefined;
  type: string;
  hasBody: boolean;
  /** The parsed body, if it was read. */
  body: ExactJson | undefined;
}

/** Maximum number of values of a query parameter that may or may not be a list. */
const maxRepeated = 20;

/** Returns the values of a query parameter: one list, or each of them, because upstreams differ in which they take. */
function queryValues(query: URLSearchParams, name: string, schema: Schema | undefined): string[] {
  const values = query.getAll(name);
  return typesOf(schema)?.includes('array') && values.length > 1 ? [values.join()] : values;
}

/** Returns the first problem of the parameters of a request. */
async function problemOfParameters(
  validation: Validation,
  api: string,
  schemas: ApiModel['schemas'],
  { operation, params, rawQuery, header }: CheckedRequest,
): Promise<string | undefined> {
  if (!decodes(rawQuery)) return 'the percent-encoding of the query is damaged';
  const query = new URLSearchParams(rawQuery);
  const properties: Record<string, object> = {};
  const values: [name: string, schema: Schema | undefined, values: string[]][] = [];
  const required: string[] = [];
  for (const { in: where, name, schema, ...parameter } of operation.parameters) {
    if (where === 'header' && ofGateway.has(name)) continue;
    const shown = `${where} parameter ${name}`;
    const own = resolved(schema, schemas);
    const single = where === 'path' ? params[name] : header(name);
    const all = where === 'query' ? queryValues(query, name, own) : [single ?? []].flat();
    if (all.length > 1 && typesOf(own))
      return `${shown} occurs ${all.length} times; the definition describes one value`;
    if (all.length > maxRepeated) return `${shown} has more than ${maxRepeated} values`;
    if (parameter.required) required.push(shown);
    properties[shown] = schema ?? {};
    if (all.length > 0) values.push([shown, own, all]);
  }
  const most = Math.max(1, ...values.map(([, , all]) => all.length));
  for (let repetition = 0; repetition < most; repetition++) {
    const checked = values.map(([name, schema, all]) => [
      name,
      typed(all[repetition] ?? all[0] ?? '', schema),
    ]);
    const problem = await validation.check(
      `${api} ${operation.key} parameters`,
      { type: 'object', properties, required },
      schemas,
      Object.fromEntries(checked),
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Returns the first problem of a request; undefined if it conforms. */
export async function problemOfRequest(
  validation: Validation,
  api: string,
  schemas: ApiModel['schemas'],
  request: CheckedRequest,
): Promise<string | undefined> {
  const { operation, type, hasBody, body, header } = request;
  if (operation.parameters.length > 0) {
    const problem = await problemOfParameters(validation, api, schemas, request);
    if (problem !== undefined) return problem;
  }
  const wanted = operation.requestBody;
  if (!wanted) return undefined;
  if (!hasBody) return wanted.required ? 'the body is missing' : undefined;
  const content = contentOf(operation, type);
  if (!content) {
    const types = Object.keys(wanted.content);
    return types.length === 0
      ? undefined
      : `the content type ${type || 'is missing; it'} is not one of ${types.join(', ')}`;
  }
  if (!content.asJson) return undefined;
  const problem = encodingProblem(type, header('content-encoding'));
  if (problem !== undefined) return problem;
  if (!body) return 'the body was not read';
  if ('problem' in body) return body.problem;
  return (
    content.schema &&
    // Named by the definition: each name that a caller chose would be compiled and kept.
    validation.check(`${api} ${operation.key} body ${content.name}`, content.schema, schemas, body.value)
  );
}

/** Returns a warning for each example of a definition that does not conform to its own schema. */
export async function warningsOfExamples(
  { name, model }: ApiRecord,
  validation: Validation,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { key, requestBody, responses } of model.operations)
    for (const [part, content] of [
      ['request', requestBody?.content ?? {}] as const,
      ...responses.map((response) => [response.status, response.content] as const),
    ])
      for (const [type, { schema, examples }] of Object.entries(content))
        for (const example of schema ? examples : []) {
          const about = `${name} ${key} ${part} ${type}`;
          const problem = await validation.check(about, schema ?? {}, model.schemas, example.value);
          if (problem !== undefined)
            warnings.push(
              `The example "${example.name}" of ${key}, ${part}, ${problem === unchecked ? 'was not checked' : 'does not conform'}: ${problem}.`,
            );
        }
  return warnings;
}
