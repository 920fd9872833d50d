import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// A script, without types.
const script = pathToFileURL(join(import.meta.dirname, '../../scripts/check/addresses.mjs')).href;
const { addresses } = (await import(script)) as {
  addresses(files?: string[], read?: () => string): string[];
};
const addressProblems = (file: string, text: string) => addresses([file], () => text);
/** In two parts, so that the check does not find them here. */
const temporary = ['join(tmp', 'dir(), '].join('');

describe('the check of addresses', () => {
  test('reports a file of a known name in the temporary folder', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
    for (const name of ["'log.txt'", '`a-${process.pid}.log`'])
      assert.match(
        addressProblems('a.mjs', `const file = ${temporary}${name});`).join(),
        /^a\.mjs:1: a file of a known name/,
      );
  });

  test('accepts a new folder, and the folder of the user, whose owner is checked', () => {
    assert.deepEqual(addressProblems('a.mjs', `mkdtempSync(${temporary}'a-'))`), []);
    assert.deepEqual(
      addressProblems('a.ts', `${temporary}\`alongside-\${process.getuid?.() ?? 'user'}\`)`),
      [],
    );
  });

  test('finds nothing in this project', () => assert.deepEqual(addresses(), []));
});
