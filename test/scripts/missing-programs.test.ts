import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// A script, without types.
const script = pathToFileURL(join(import.meta.dirname, '../../scripts/test/missing.mjs')).href;
const { withoutMissing } = (await import(script)) as {
  withoutMissing(
    files: readonly string[],
    helpers: Record<string, string>,
  ): { runnable: string[]; left: string[] };
};

const files = [
  'kernel/clock.test.ts',
  // Both dialects, PostgreSQL alone, and a browser.
  'src/storage/contract.test.ts',
  'src/storage/events.test.ts',
  'src/storage/postgres-faults.test.ts',
  'client/browser/browser.test.ts',
];
const browser = { ALONGSIDE_BROWSER: '/usr/bin/chromium' };
const postgres = { ALONGSIDE_POSTGRES_BIN: '/usr/lib/postgresql/17/bin' };

describe('npm test on a machine that lacks programs', () => {
  test('runs everything where they are installed', () => {
    assert.deepEqual(withoutMissing(files, { ...browser, ...postgres }), { runnable: files, left: [] });
  });

  test('runs the files that choose their tests, and names the others', () => {
    assert.deepEqual(withoutMissing(files, browser), {
      runnable: files.filter((file) => !file.includes('postgres')),
      left: ['not run: src/storage/postgres-faults.test.ts needs PostgreSQL'],
    });
    assert.deepEqual(withoutMissing(files, postgres), {
      runnable: files.filter((file) => !file.includes('browser')),
      left: ['not run: client/browser/browser.test.ts needs a browser'],
    });
  });
});
