import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { seededPatients } from '../seeds.ts';
import { applyPatches } from './apply.ts';
import { checkIdentities } from './identities.ts';
import { pointerParts, readPatches } from './patches.ts';
import { pythonOf, typeOf } from './python.ts';

const path = fc.oneof(
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        'name',
        'address',
        '0',
        '1',
        '-',
        'id',
        'line',
        'given',
        '~1',
        '01',
        '__proto__',
        '',
        'extension',
      ),
      {
        maxLength: 5,
      },
    )
    .map((parts) => `/${parts.join('/')}`),
);
const patch = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'test', 'move'),
    path,
    value: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: ['op', 'path'] },
);

describe('reading and applying patches', () => {
  test('whatever is sent: a patched copy, or a refusal of the catalogue; the record itself stays, and no prototype changes', () => {
    const records = seededPatients().map(({ patient }) => patient);
    fc.assert(
      fc.property(fc.array(patch, { maxLength: 5 }), fc.constantFrom(...records), (patches, record) => {
        const before = JSON.stringify(record);
        try {
          const read = readPatches(JSON.stringify({ patches }));
          const result = applyPatches(record, read);
          checkIdentities(read, record);
          assert.equal(typeof result, 'object');
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal && thrown.entry.id.startsWith('pds.'), String(thrown));
        }
        assert.equal(JSON.stringify(record), before);
        assert.deepEqual(Object.keys(Object.prototype), []);
      }),
      { numRuns: 500 },
    );
  });

  test('any body is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        try {
          readPatches(body);
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal, String(thrown));
        }
      }),
    );
  });

  test('a pointer is unescaped once (RFC 6901 section 4)', () => {
    assert.deepEqual(pointerParts('/a~1b/m~0n/~01'), ['a/b', 'm~n', '~1']);
    for (const none of ['', 'a', '/', '//a', '/~', '/~2', '/a/__proto__'])
      assert.equal(pointerParts(none), undefined, none);
  });

  test('values in the words of the published service', () => {
    assert.equal(
      pythonOf({ a: [1, 'x', null, true, { b: "it's" }] }),
      "{'a': [1, 'x', None, True, {'b': 'it\\'s'}]}",
    );
    assert.deepEqual(
      [{}, [], 'x', 1, 1.5, true, null].map(typeOf),
      ['dict', 'list', 'str', 'int', 'float', 'bool', 'NoneType'].map((name) => `<class '${name}'>`),
    );
  });
});
