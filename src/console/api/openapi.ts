import { z } from 'zod';
import { type ApiCall, apiPath, templateOf } from './call.ts';

const schemaOf = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

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

const responses = (answers: ApiCall['answers']): object =>
  Object.fromEntries(
    Object.entries(answers).map(([status, description]) => {
      const json = Number(status) < 400 ? {} : errorContent;
      return [
        status,
        { description, ...(status === '204' ? {} : { content: { 'application/json': json } }) },
      ];
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
    error_description: { type: 'string', description: 'The error as a sentence' },
    field: { type: 'string', description: 'The invalid member' },
    problem: { type: 'string', description: 'The rule that the member breaks' },
  },
};

/** Returns the OpenAPI 3.1 document of these calls, from the schemas that validate their requests. */
export function openApiOf(calls: readonly ApiCall[], about: { version: string; server: string }): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const call of calls) {
    const path = templateOf(call.path);
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operation(call) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Alongside console', version: about.version },
    servers: [{ url: `${about.server}${apiPath}` }],
    paths,
    components: { schemas: { Error: errorSchema } },
  };
}
