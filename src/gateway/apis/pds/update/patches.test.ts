import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { formatted, pythonOf, typeOf } from '../python.ts';
import { seededPatients } from '../seed.ts';
import { applyPatches } from './apply.ts';
import { checkIdentities } from './identities.ts';
import { normalised } from './normalise.ts';
import { pointerParts, readPatches } from './patches.ts';

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

describe('applyPatches and readPatches', () => {
  test('return a patched copy or a refusal of the catalogue for any input, without changing the record or a prototype', () => {
    const records = seededPatients().map(({ patient }) => patient);
    fc.assert(
      fc.property(fc.array(patch, { maxLength: 5 }), fc.constantFrom(...records), (patches, record) => {
        const before = JSON.stringify(record);
        try {
          const read = readPatches(JSON.stringify({ patches }));
          const result = applyPatches(record, read, checkIdentities(read));
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

  test('never leave a list with a gap, whatever the index (a sparse list would take memory by its last index)', () => {
    const [record] = seededPatients();
    assert.ok(record);
    const index = fc.oneof(
      fc.nat().map(String),
      fc.constantFrom('4294967294', '9999', '1e3', '-1', '00', 'length', ' 1'),
    );
    const lists = fc.constantFrom('/name', '/name/0/given', '/address/0/line');
    fc.assert(
      fc.property(lists, index, fc.constantFrom('add', 'replace', 'remove'), (list, at, op) => {
        const patches = readPatches(JSON.stringify({ patches: [{ op, path: `${list}/${at}`, value: 'x' }] }));
        let result: typeof record.patient;
        try {
          result = applyPatches(record.patient, patches);
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal, String(thrown));
          return;
        }
        for (const held of [result.name, result.name?.[0]?.given, result.address?.[0]?.line])
          assert.equal(Object.keys(held ?? []).length, held?.length ?? 0);
      }),
    );
  });

  test('refuse a value with a text, a list or an object that no record could contain', () => {
    const refused = (value: unknown): boolean => {
      try {
        readPatches(JSON.stringify({ patches: [{ op: 'add', path: '/name/-', value }] }));
        return false;
      } catch (thrown) {
        return thrown instanceof Refusal && thrown.entry.id === 'pds.invalidField';
      }
    };
    const many = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, 'x'] as const);
    assert.equal(refused({ prefix: ['.'.repeat(1_000)] }), false);
    assert.equal(refused({ prefix: ['.'.repeat(1_001)] }), true);
    assert.equal(refused({ given: many(1_000).map(([, text]) => text) }), false);
    assert.equal(refused({ given: many(1_001).map(([, text]) => text) }), true);
    assert.equal(refused(Object.fromEntries(many(1_001))), true);
  });

  test('remove only the full stops at the end of a title', () => {
    const [record] = seededPatients();
    assert.ok(record);
    const prefixes = ['Dr.', 'Mx...', '...', 'A.B', ''];
    const wanted = {
      ...record.patient,
      name: [{ use: 'nickname' as const, family: 'Tester', prefix: prefixes }],
    } as unknown as typeof record.patient;
    const [name] = normalised(wanted, record.patient, '2026-01-01').name ?? [];
    assert.deepEqual(name?.prefix, ['Dr', 'Mx', '', 'A.B', '']);
  });

  test('accept or refuse any body', () => {
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

  test('unescape a pointer once (RFC 6901 section 4)', () => {
    assert.deepEqual(pointerParts('/a~1b/m~0n/~01'), ['a/b', 'm~n', '~1']);
    for (const none of ['', 'a', '/', '//a', '/~', '/~2', '/a/__proto__'])
      assert.equal(pointerParts(none), undefined, none);
  });

  test('format values as the published service does', () => {
    assert.equal(
      pythonOf({ a: [1, 'x', null, true, { b: "it's" }] }),
      `{'a': [1, 'x', None, True, {'b': "it's"}]}`,
    );
    assert.equal(
      pythonOf(['é', 'a"b', `"it's"`, 'a\\b', 'a\n\t\0\u0085\ud800']),
      `['é', 'a"b', '"it\\'s"', 'a\\\\b', 'a\\n\\t\\x00\\x85\\ud800']`,
    );
    assert.equal(formatted("O'Brien"), "O'Brien");
    assert.equal(formatted(["O'Brien"]), `["O'Brien"]`);
    assert.deepEqual(
      [{}, [], 'x', 1, 1.5, true, null].map(typeOf),
      ['dict', 'list', 'str', 'int', 'float', 'bool', 'NoneType'].map((name) => `<class '${name}'>`),
    );
  });
});
