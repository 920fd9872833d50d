import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConsoleContext } from '../dependencies.ts';
import { apiCalls } from '../resources/registry.ts';
import { openApiOf } from './openapi.ts';

// The calls are only described.
const calls = apiCalls({ urls: {}, development: true, realmKeys: {}, citizens: {} } as ConsoleContext);

/** Calls whose successes are not JSON. */
const withoutJson: readonly string[] = [
  'GET /changes',
  'GET /journeys/:id/export',
  'GET /messages/:id/curl',
  'GET /audit/export',
];

describe('the OpenAPI document', () => {
  test('describes the response of each call', () => {
    const lacking = calls
      .filter(({ answers }) =>
        Object.keys(answers).some((status) => Number(status) < 300 && status !== '204'),
      )
      .filter(({ response }) => response === undefined)
      .map(({ method, path }) => `${method} ${path}`)
      .filter((call) => !withoutJson.includes(call));
    assert.deepEqual(lacking, [], 'State the schema as "response" in defineCall.');
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
