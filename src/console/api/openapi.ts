import { z } from 'zod';
import { rolesOf } from '../administrators/roles.ts';
import { type ApiCall, apiPath, templateOf } from './call.ts';

const schemaOf = (schema: z.ZodType) => {
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
    for (const [id, component] of Object.entries($defs)) this.components[id] = withComponentPaths(component);
    return withComponentPaths(own);
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
    schema,
  }));
}

const errorContent = { schema: { $ref: '#/components/schemas/Error' } };

function responses({ answers, response }: ApiCall, schemas: ResponseSchemas): object {
  const success = response ? { schema: schemas.of(response) } : {};
  return Object.fromEntries(
    Object.entries(answers).map(([status, description]) => {
      const json = Number(status) < 400 ? success : errorContent;
      return [
        status,
        { description, ...(status === '204' ? {} : { content: { 'application/json': json } }) },
      ];
    }),
  );
}

/** Returns the id of an operation, by which generated clients name it. It depends on method and path only. */
const operationId = ({ method, path }: ApiCall): string =>
  `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`;

/** An empty body is an empty object. */
const requestBody = (schema: { required?: readonly string[] | undefined }): object => ({
  required: (schema.required ?? []).length > 0,
  content: { 'application/json': { schema } },
});

function operation(call: ApiCall, schemas: ResponseSchemas): object {
  const { path, summary, query, body } = call;
  return {
    operationId: operationId(call),
    summary,
    'x-roles': rolesOf(call.roles),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body ? { requestBody: requestBody(schemaOf(body)) } : {}),
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
    paths,
    components: { schemas: schemas.components },
  };
}
