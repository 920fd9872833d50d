import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exactJson } from './exact-json.ts';

const problemOf = (json: string): string | undefined => {
  const result = exactJson(Buffer.from(json));
  return 'problem' in result ? result.problem : undefined;
};

/** Writes JSON with every name escaped, so that equal names may look different. */
const escaped = (text: string): string =>
  `"${[...text]
    .flatMap((one) => one.split(''))
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')}"`;

/** Writes a value, and at one place a member a second time. Returns the pointer of that member. */
function withTwice(value: unknown, choose: (members: number) => number): [string, string | undefined] {
  let members = 0;
  const count = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    if (!Array.isArray(one)) members += Object.keys(one).length;
    for (const member of Object.values(one)) count(member);
  };
  count(value);
  const chosen = members === 0 ? -1 : choose(members);
  let [at, twice] = [0, undefined as string | undefined];
  const write = (one: unknown, pointer: string): string => {
    if (typeof one !== 'object' || one === null) return JSON.stringify(one);
    if (Array.isArray(one))
      return `[${one.map((entry, index) => write(entry, `${pointer}/${index}`)).join(' ,')}]`;
    const parts = Object.entries(one).map(([name, member]) => {
      const own = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const isChosen = at++ === chosen;
      const text = `${JSON.stringify(name)} : ${write(member, own)}`;
      if (!isChosen) return text;
      twice = own;
      return `${text}, ${escaped(name)}: "\\"}]\\\\"`;
    });
    return `{${parts.join(',\n')}}`;
  };
  return [write(value, ''), twice];
}

describe('exactJson', () => {
  test('returns every value whose members occur once', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(3), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        assert.deepEqual(exactJson(Buffer.from(json)), { value: JSON.parse(json) });
      }),
    );
  });

  test('names the member that occurs twice, however it is written and wherever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), (value, at) => {
        const [json, twice] = withTwice(value, (members) => at % members);
        const expected = twice === undefined ? undefined : `the member ${twice.slice(0, 200)} occurs twice`;
        assert.equal(problemOf(json), expected, json);
      }),
    );
  });

  test('refuses what parsers read differently', () => {
    assert.equal(problemOf('{"a":'), 'the body is not JSON');
    assert.equal(problemOf('\ufeff{}'), 'the body is not JSON');
    assert.equal(problemOf('{"__proto__": 1, "__proto__": 2}'), 'the member /__proto__ occurs twice');
    assert.equal(problemOf(`${'['.repeat(200)}${']'.repeat(200)}`), undefined);
    assert.equal(problemOf(`${'['.repeat(201)}${']'.repeat(201)}`), 'it is nested more than 200 deep');
    assert.deepEqual(exactJson(Buffer.from([0x22, 0xff, 0x22])), { problem: 'the body is not UTF-8' });
  });

  test('takes linear time for large texts of quotes, escapes, names and brackets', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => `"n${at}":{}`).join();
    for (const json of [
      `["${'\\\\'.repeat(2_000_000)}"]`,
      `["${'\\"'.repeat(2_000_000)}"]`,
      `[${'"",'.repeat(1_000_000)}""]`,
      `[${'{},'.repeat(1_000_000)}{}]`,
      `{${many}}`,
      `{"${'a'.repeat(4_000_000)}":"${'a'.repeat(4_000_000)}"}`,
    ])
      assert.equal(problemOf(json), undefined);
    assert.equal(problemOf(`{${many},"n7":1}`), 'the member /n7 occurs twice');
  });
});
