import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const script = pathToFileURL(join(import.meta.dirname, '../../scripts/test/not-run.mjs')).href;

test('skipped tests are listed with their file, except those that npm run windows runs', async () => {
  const { notRun } = (await import(script)) as { notRun(notes: string, skipped: object[]): string[] };
  const file = 'kernel/x.test.ts';
  const skipped = [
    { file, name: 'a file (`npm run windows` runs it)' },
    { file, name: 'a card (needs pcscd)' },
  ];
  assert.deepEqual(notRun('', skipped), [
    `not run: a card (needs pcscd) was skipped in ${file}; run with: npm test -- ${file}`,
  ]);
});
