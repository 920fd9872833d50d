import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { z } from 'zod';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { apiCalls } from '../registry.ts';
import { openApiOf } from './openapi.ts';
import { portable } from './portable-schema.ts';

// The calls are only described.
const calls = apiCalls({ urls: {}, development: true, realmKeys: {}, citizens: {} } as ConsoleContext);

describe('the OpenAPI document', () => {
  test('describes the response of each call', () => {
    const lacking = calls
      .filter(({ answers }) =>
        Object.keys(answers).some((status) => Number(status) < 300 && status !== '204'),
      )
      .filter(({ response, media }) => response === undefined && media === undefined)
      .map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(
      lacking,
      [],
      'State the schema as "response" in defineCall, or the types of files as "media".',
    );
  });

  test('describes files by their media type, and every member of a body, also of a merge patch', () => {
    interface Operation {
      responses: Record<string, { content: Record<string, { schema: { type?: string } }> }>;
      requestBody?: { content: Record<string, { schema: { type?: string; properties?: object } }> };
    }
    const { paths } = openApiOf(calls, { version: '1', server: '' }) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const types = (path: string) => Object.keys(paths[path]?.get?.responses['200']?.content ?? {});
    assert.deepEqual(types('/journeys/{id}/export'), [
      'application/json',
      'image/svg+xml',
      'text/plain',
      'text/markdown',
    ]);
    assert.deepEqual(types('/messages/{id}/curl'), ['text/plain']);
    assert.deepEqual(types('/audit/export'), ['application/x-ndjson']);
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { requestBody }] of Object.entries(operations))
        if (requestBody?.content['text/csv'])
          assert.deepEqual(requestBody.content['text/csv'], { schema: { type: 'string' } });
        else if (requestBody)
          assert.ok(
            Object.keys(requestBody.content['application/json']?.schema.properties ?? {}).length > 0,
            `${method} ${path}`,
          );
  });

  test('gives each operation an id of its own, its roles, and references to schemas that it contains', () => {
    const document = openApiOf(calls, { version: '1', server: '' }) as {
      paths: Record<string, Record<string, { operationId: string; 'x-roles': string[] }>>;
      components: { schemas: Record<string, object> };
    };
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, calls.length);
    for (const operation of operations) assert.equal(operation['x-roles'][0], 'administrator');
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      assert.ok(Object.hasOwn(document.components.schemas, name), name);
  });
});

interface Part {
  anyOf?: Part[];
  type?: string | string[];
  $ref?: string;
  [member: string]: unknown;
}

/** Returns the places of a document that break a rule of generators. */
function problemsIn(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => problemsIn(entry, `${at}/${index}`));
  if (typeof value !== 'object' || value === null) return [];
  const part = value as Part;
  const choices = (part.anyOf ?? []).filter(({ type }) => type !== 'null');
  const found = [
    part.anyOf && choices.length !== 1 ? 'several alternatives' : [],
    ['const', 'prefixItems', 'oneOf', 'not'].filter((name) => name in part && !('get' in part)),
    Array.isArray(part.enum) && part.enum.some((one) => typeof one !== 'string')
      ? 'enum other than text'
      : [],
    Array.isArray(part.type) &&
    part.type.some((type) => ['object', 'array'].includes(type)) &&
    part.type.length > 2
      ? 'several types'
      : [],
  ].flat();
  const inside = Object.entries(part).flatMap(([name, member]) => problemsIn(member, `${at}/${name}`));
  return [...found.map((problem) => `${at}: ${problem}`), ...inside];
}

describe('generators of clients', () => {
  const document = openApiOf(calls, { version: '1', server: 'http://localhost:8400' }) as {
    paths: Record<string, Record<string, { tags: string[] }>>;
    tags: { name: string }[];
  };

  test('get a group for each operation, and schemas without alternatives other than null', () => {
    const groups = document.tags.map(({ name }) => name);
    for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
      assert.equal(operation.tags.length, 1);
      assert.ok(groups.includes(operation.tags[0] ?? ''));
    }
    assert.equal(new Set(groups).size, groups.length);
    assert.deepEqual(problemsIn(JSON.parse(JSON.stringify(document)), ''), []);
  });

  test('produce types that compile with every strict check', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'console.ts');
    writeFileSync(file, astToString(await openapiTS(JSON.stringify(document))));
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      types: [],
      exactOptionalPropertyTypes: true,
    });
    const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    assert.deepEqual(problems, []);
    assert.ok(program.getSourceFile(file)?.text.includes('putDesk'));
  });

  test('get a schema that allows what the call allows', () => {
    const cases: [schema: z.ZodType, expected: object][] = [
      [
        z.union([z.array(z.string()), z.object({ a: z.string() })]).describe('Either'),
        { description: 'Either' },
      ],
      [z.literal(1), { type: 'integer', minimum: 1, maximum: 1 }],
      [z.literal(true), { type: 'boolean' }],
      [z.union([z.literal(''), z.enum(['a', 'b'])]), { type: 'string', enum: ['', 'a', 'b'] }],
      [z.union([z.string().regex(/^a/), z.string().max(1)]), { type: 'string' }],
      [z.enum(['a']).nullable().nullable(), { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }] }],
      [z.tuple([z.string(), z.number()]), { type: 'array', items: {}, minItems: 2, maxItems: 2 }],
      [
        z.object({ const: z.literal(2) }).optional(),
        {
          type: 'object',
          properties: { const: { type: 'integer', minimum: 2, maximum: 2 } },
          required: ['const'],
          additionalProperties: false,
        },
      ],
    ];
    for (const [schema, expected] of cases) {
      const { $schema: _, ...described } = z.toJSONSchema(schema);
      assert.deepEqual(portable(described), expected);
    }
  });
});
