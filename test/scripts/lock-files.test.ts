import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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

test('the clone and --oldest find Node.js on Windows, macOS and Linux', () => {
  for (const folder of ['node', 'node24']) {
    const path = join(import.meta.dirname, '../../scripts', folder, 'package-lock.json');
    const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
      packages: Record<string, { os?: string; cpu?: string }>;
    };
    const platforms = new Set(Object.values(packages).map(({ os, cpu }) => `${os}-${cpu}`));
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'])
      assert.ok(platforms.has(platform), `${folder} has no ${platform}`);
  }
});
