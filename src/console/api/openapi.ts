import { z } from 'zod';
import { type ApiCall, apiPath } from './call.ts';

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodType): object[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

const responses = (answers: ApiCall['answers']): object =>
  Object.fromEntries(
    Object.entries(answers).map(([status, description]) => {
      const type =
        Number(status) === 204
          ? {}
          : {
              content: {
                'application/json':
                  Number(status) < 400 ? {} : { schema: { $ref: '#/components/schemas/Error' } },
              },
            };
      return [status, { description, ...type }];
    }),
  );

const operation = ({ method, path, summary, query, body, answers }: ApiCall): object => ({
  operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
  summary,
  parameters: [...pathParameters(path), ...queryParameters(query)],
  ...(body ? { requestBody: { content: { 'application/json': { schema: schemaOf(body) } } } } : {}),
  responses: responses(answers),
});

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'string', description: 'A stable code' },
    error_description: { type: 'string', description: 'A sentence for the reader' },
    field: { type: 'string', description: 'Where the request does not fit' },
    problem: { type: 'string', description: 'What would be right there' },
  },
};

/** The OpenAPI document (3.1) of these calls, from the schemas that validate them. */
export function openApiOf(calls: readonly ApiCall[], about: { version: string; server: string }): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const call of calls) {
    const item = paths[call.path] ?? {};
    item[call.method.toLowerCase()] = operation(call);
    paths[call.path] = item;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Alongside console', version: about.version },
    servers: [{ url: `${about.server}${apiPath}` }],
    paths,
    components: { schemas: { Error: errorSchema } },
  };
}
