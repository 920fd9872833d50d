import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const clone = join(import.meta.dirname, '../..');

test('npm test runs every test file of the clone, in any folder; those of test/delivery and test/windows by name', async () => {
  // A script, without types.
  const script: string = pathToFileURL(join(clone, 'scripts/test/files.mjs')).href;
  const { testFiles } = (await import(script)) as { testFiles(patterns?: readonly string[]): string[] };
  const exclude = (name: string) => /^(node_modules|dist|coverage|\..+)$/.test(name);
  const there = globSync('**/*.test.ts', { cwd: clone, exclude }).map((path) => path.replaceAll('\\', '/'));
  assert.deepEqual([...testFiles(), ...testFiles(['test/delivery/', 'test/windows/'])].sort(), there.sort());
});
