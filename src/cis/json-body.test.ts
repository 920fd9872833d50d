import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { z } from 'zod';
import { firstProblem, parseObject } from './shapes.ts';

const refused = (text: string) =>
  assert.throws(
    () => parseObject(text),
    (thrown) => thrown instanceof Refusal && thrown.entry.code === 'invalid_request',
  );

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('the JSON body parser', () => {
  test('returns every object within its limits', () => {
    const objects = fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      fc.jsonValue({ maxDepth: 6, noUnicodeString: false }),
      { maxKeys: 10 },
    );
    fc.assert(
      fc.property(objects, (object) => {
        const text = JSON.stringify(object);
        fc.pre(text.length <= 32_768 && !text.includes('__proto__') && !text.includes('\\u0000'));
        assert.deepEqual(parseObject(text), JSON.parse(text));
      }),
    );
  });

  test('returns an object or throws invalid_request for any text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((text) => text.slice(1)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const value = parseObject(text);
          assert.equal(Object.prototype.toString.call(value), '[object Object]');
          assert.equal(Object.getPrototypeOf(value), Object.prototype);
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal && thrown.entry.code === 'invalid_request', String(thrown));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('rejects text that is not one object', () => {
    for (const text of [
      '',
      ' ',
      'null',
      '1',
      '"{}"',
      '[]',
      '[{}]',
      '{}{}',
      '{"a":1,}',
      "{'a':1}",
      '{"a":NaN}',
    ])
      refused(text);
  });

  test('rejects a body that is too long or too deeply nested', () => {
    assert.ok(parseObject(nested(12)));
    refused(nested(13));
    refused(nested(5_000));
    assert.ok(parseObject(`{"a":"${'x'.repeat(32_768 - 8)}"}`));
    refused(`{"a":"${'x'.repeat(32_768 - 7)}"}`);
  });

  test('rejects a member named __proto__ at any depth', () => {
    refused('{"__proto__":{}}');
    refused('{"a":[{"__proto__":1}]}');
  });
});

test('firstProblem returns the invalid field and the expected value', () => {
  const shape = z.strictObject({
    name: z.string(),
    flag: z.boolean().optional(),
    roles: z.array(z.strictObject({ code: z.string().regex(/^R/, 'must be a job role') })).optional(),
    count: z.number('must be a count').optional(),
  });
  const cases: [unknown, string, string][] = [
    [{}, 'name', 'is required'],
    [{ name: 1 }, 'name', 'must be a text'],
    [{ name: '', flag: 'yes' }, 'flag', 'must be true or false'],
    [{ name: '', roles: 'x' }, 'roles', 'must be a list'],
    [{ name: '', roles: ['x'] }, 'roles.0', 'must be an object'],
    [{ name: '', roles: [{ code: 'x' }] }, 'roles.0.code', 'must be a job role'],
    [{ name: '', roles: [{ code: 'R', colour: 1 }] }, 'roles.0.colour', 'is unknown'],
    [{ name: '', count: 'x' }, 'count', 'must be a count'],
  ];
  for (const [value, field, problem] of cases) {
    const { error } = shape.safeParse(value);
    assert.ok(error);
    assert.deepEqual(firstProblem(error), { field, problem });
  }
});
