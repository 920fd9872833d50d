import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// A script, without types.
const script = pathToFileURL(join(import.meta.dirname, '../../scripts/check/lock-files.mjs')).href;
const { lockProblems } = (await import(script)) as { lockProblems(file: string, text: string): string[] };

const problemsOf = (packages: object) => lockProblems('package-lock.json', JSON.stringify({ packages }));
const entry = { version: '1.0.0', integrity: 'sha512-AA==' };

describe('the check of lock files', () => {
  test('reports a package without a checksum', () => {
    const [problem, ...others] = problemsOf({
      'node_modules/a': entry,
      'node_modules/b': { version: '1.0.0' },
    });
    assert.match(problem ?? '', /node_modules\/b has no integrity/);
    assert.deepEqual(others, []);
  });

  test('reports the address of a package', () => {
    const resolved = 'https://packages.example/a.tgz';
    assert.match(problemsOf({ 'node_modules/a': { ...entry, resolved } }).join(), /resolved address/);
  });

  test('accepts the project itself and links to its own packages', () => {
    const packages = {
      '': { version: '1.0.0' },
      client: {},
      'node_modules/@alongside/client': { resolved: 'client', link: true },
    };
    assert.deepEqual(problemsOf(packages), []);
  });
});
