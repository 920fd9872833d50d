import assert from 'node:assert/strict';
import { mergePatch, parseJsonObject } from '../../../kernel/json.ts';
import { seededPatients } from '../../../src/gateway/apis/pds/seed.ts';
import { applyPatches } from '../../../src/gateway/apis/pds/update/apply.ts';
import { normalised } from '../../../src/gateway/apis/pds/update/normalise.ts';
import { readPatches } from '../../../src/gateway/apis/pds/update/patches.ts';
import { asText, type FuzzTarget, json, orRefused } from '../target.ts';

const [seeded] = seededPatients();
assert.ok(seeded);
const record = seeded.patient;

export const target: FuzzTarget = {
  name: 'json-patch',
  corpus: [
    json({ patches: [{ op: 'replace', path: '/gender', value: 'male' }] }),
    json({
      patches: [
        { op: 'test', path: '/name/0/id', value: '123' },
        {
          op: 'add',
          path: '/name/-',
          value: { use: 'nickname', given: ['Jo'], period: { start: '2020-01-01' } },
        },
        { op: 'remove', path: '/address/1~1a~0b' },
      ],
    }),
    // A piece inserted into the middle of this one becomes part of a title.
    json({
      patches: [{ op: 'add', value: { prefix: ['Lieutenant Commander'], use: 'nickname' }, path: '/name/-' }],
    }),
    json({ platform: { callbackUrls: ['https://a.test'], jwksUrl: null }, name: 'x' }),
  ],
  words: [
    '~',
    '~2',
    '/-',
    '/__proto__/a',
    '"__proto__":',
    '"constructor":',
    '[',
    '{"a":',
    'null',
    '"op":"move"',
  ],
  run(bytes) {
    const body = asText(bytes);
    const patches = orRefused(['OutcomeError', 'Outcome', 'Refusal'], () => readPatches(body));
    for (const { op, path, parts } of patches ?? []) {
      assert.ok(['add', 'remove', 'replace', 'test'].includes(op));
      assert.equal(parts.length, path.split('/').length - 1);
    }
    const changed = orRefused(['Refusal'], () => applyPatches(record, patches ?? []));
    if (changed) normalised(changed, record, '2026-01-01');
    const patch = orRefused(['JsonError'], () => parseJsonObject(body));
    if (patch) mergePatch({ platform: { callbackUrls: [] } }, patch);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  },
};
