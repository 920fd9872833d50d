import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// Scripts, without types.
const load = (path: string) =>
  import(pathToFileURL(join(import.meta.dirname, '../../scripts/check', path)).href);
const { superLinear } = (await load('patterns/super-linear.mjs')) as {
  superLinear(source: string, flags: string): string | undefined;
};
const { inFile } = (await load('patterns.mjs')) as { inFile(file: string, text: string): string[] };

describe('the check of regular expressions', () => {
  const slow: readonly (readonly [RegExp, RegExp])[] = [
    [/\.+$/, /polynomial/],
    [/\s+$/, /polynomial/],
    [/a*b/, /polynomial/],
    [/^(.*),(.*)$/, /polynomial/],
    [/^(a+)+$/, /exponential/],
    [/^(?:a|a)*$/, /exponential/],
    [/^(?:ab|abab)*$/, /exponential/],
    [/^(?:(?:ab)*)*$/, /exponential/],
    [/^(?:\p{L}|\p{Lu})*$/v, /exponential/],
    [/^(?:A|a)*$/i, /exponential/],
    [/^(ab)*(ab)*$/, /polynomial/],
    [/^x(?:yz)*(?:y|z)*!/, /polynomial/],
    [/<input\b[^>]*>/g, /polynomial/],
    [/-----BEGIN-----[\s\S]+?-----END-----/, /polynomial/],
    [/^a*a*(?=b)/, /polynomial/],
    [/^(?=.*a.*b)/, /polynomial/],
    [/^[a-z]{1,500}[a-z]{1,500}$/, /polynomial/],
    [/^a+$|\.+$/, /polynomial/],
    [/^(a)\1+$/, /back reference/],
  ];
  for (const [pattern, problem] of slow)
    test(`refuses ${pattern}`, () =>
      assert.match(superLinear(pattern.source, pattern.flags) ?? 'nothing', problem));

  const fast = [
    /^[^a]+$/,
    /[^a]+/g,
    /<(\w+)>/,
    /:\d+$/,
    /name="([^"]*)"/,
    /^[a-z]+:\/\/[^/]+\/.*$/,
    /^(a|ab)(b|c)*$/,
    /"([^"]*)"\s*$/,
    /\.+$/y,
    /-----BEGIN-----[^-]+-----END-----/,
    /^\d{4}-\d{2}-\d{2}$/,
    /^(?:[^"\\]|\\.)*$/s,
    /^\p{L}+$/v,
  ];
  for (const pattern of fast)
    test(`allows ${pattern}`, () => assert.equal(superLinear(pattern.source, pattern.flags), undefined));

  test('finds the expressions of a file by line', () => {
    const text = 'const a = 1;\nconst b = /\\.+$/;\nconst c = /a/;\n';
    assert.deepEqual(inFile('src/a.ts', text), [
      'src/a.ts:2: /\\.+$/: polynomial time (repeat one character)',
    ]);
  });

  test('refuses each expression that is built from text', () => {
    assert.equal(inFile('src/a.ts', 'new RegExp(a); RegExp(a); new globalThis.RegExp(a);').length, 3);
  });
});
