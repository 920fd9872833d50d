import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const clone = join(import.meta.dirname, '../..');

test('a clone with core.autocrlf=true has the same bytes', {
  skip: !existsSync(join(clone, '.git')) && 'needs a clone by git',
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'line-ends-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('git', words, { encoding: 'utf8', maxBuffer: 2 ** 24 });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const other = join(folder, 'clone');
  git('clone', '--quiet', '--shared', '--config', 'core.autocrlf=true', clone, other);
  const files = git('-C', other, 'ls-files', '--eol').trim().split('\n');
  assert.ok(files.length > 1_000);
  // The marks of git: line ends in the index, in the folder, and the attribute.
  assert.deepEqual(
    files.filter((line) => /^i\/lf\s/.test(line) && !/\sw\/lf\s/.test(line)),
    [],
  );
});
