import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConsoleContext } from '../dependencies.ts';
import { apiCalls } from '../resources/registry.ts';
import { openApiOf } from './openapi.ts';

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
      requestBody?: { content: { 'application/json': { schema: { properties?: object } } } };
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
        if (requestBody)
          assert.ok(
            Object.keys(requestBody.content['application/json'].schema.properties ?? {}).length > 0,
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
