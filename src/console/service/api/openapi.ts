import { z } from 'zod';
import { rolesOf } from '../../model/administrators/roles.ts';
import { type ApiCall, apiPath, templateOf } from './call.ts';
import { portable } from './portable-schema.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const schemaOf = (schema: z.ZodType): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

const schemasPath = '#/components/schemas/';

/** Schemas of responses. Those with an `id` in their metadata are components. */
class ResponseSchemas {
  readonly components: Record<string, object> = { Error: errorSchema };

  /** Later versions may add members, so other members are allowed. */
  of(schema: z.ZodType): object {
    const {
      $schema: _,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, {
      io: 'output',
      unrepresentable: 'any',
      override({ jsonSchema }) {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    });
    for (const [id, component] of Object.entries($defs))
      this.components[id] = withComponentPaths(portable(component));
    return withComponentPaths(portable(own));
  }
}

const withComponentPaths = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${schemasPath}`));

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodType): object[] {
  const { properties = {}, required = [] } = schemaOf(query);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: portable(schema as Schema),
  }));
}

const errorContent = { schema: { $ref: '#/components/schemas/Error' } };

function responses({ answers, response, media = [] }: ApiCall, schemas: ResponseSchemas): object {
  const success = {
    ...(response ? { 'application/json': { schema: schemas.of(response) } } : {}),
    ...Object.fromEntries(media.map((type) => [type, { schema: { type: 'string' } }])),
  };
  return Object.fromEntries(
    Object.entries(answers).map(([status, description]) => {
      const content = Number(status) < 400 ? success : { 'application/json': errorContent };
      return [status, { description, ...(status === '204' ? {} : { content }) }];
    }),
  );
}

/** Returns the id of an operation, by which generated clients name it. It depends on method and path only. */
const operationId = ({ method, path }: ApiCall): string =>
  `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`;

/** Returns the group of a call, by which generated clients name a class: the first part of its path. */
const groupOf = ({ path }: ApiCall): string => /^\/([a-z-]+)/.exec(path)?.[1] ?? '';

/** Returns the schema of a merge patch (RFC 7396): every member may be absent, or null to remove it. */
function patchOf({ properties = {}, type, additionalProperties }: Schema): Schema {
  const members = Object.entries(properties).map(([name, member]) => {
    const { default: _, ...schema } = member as { default?: unknown };
    return [name, { anyOf: [schema, { type: 'null' }] }];
  });
  return { type, properties: Object.fromEntries(members), additionalProperties };
}

/** Returns the JSON Schema of a call's body; undefined without a body. */
export function bodySchemaOf({ body, patches, describes = body }: ApiCall): Schema | undefined {
  return patches ? patchOf(schemaOf(patches)) : describes && schemaOf(describes);
}

/** An empty body is an empty object. */
const requestBody = (schema: Schema): object => ({
  required: (schema.required ?? []).length > 0,
  content: { 'application/json': { schema: portable(schema) } },
});

/** Describes the body of a call that takes a file. */
const fileBody = (types: readonly string[]): object => ({
  required: true,
  content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
});

function operation(call: ApiCall, schemas: ResponseSchemas): object {
  const { path, summary, query, takes } = call;
  const body = bodySchemaOf(call);
  return {
    operationId: operationId(call),
    tags: [groupOf(call)],
    summary,
    'x-roles': rolesOf(call.roles),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body ? { requestBody: requestBody(body) } : {}),
    ...(takes ? { requestBody: fileBody(takes) } : {}),
    responses: responses(call, schemas),
  };
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'string', description: 'A stable code' },
    error_description: { type: 'string', description: 'The error as a sentence' },
    field: { type: 'string', description: 'The invalid member' },
    problem: { type: 'string', description: 'The rule that the member breaks' },
  },
};

/** Returns the OpenAPI 3.1 document of these calls, from the schemas of their requests and responses. */
export function openApiOf(calls: readonly ApiCall[], about: { version: string; server: string }): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas = new ResponseSchemas();
  for (const call of calls) {
    const path = templateOf(call.path);
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operation(call, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Alongside console', version: about.version },
    servers: [{ url: `${about.server}${apiPath}` }],
    tags: [...new Set(calls.map(groupOf))].map((name) => ({ name })),
    paths,
    components: { schemas: schemas.components },
  };
}
