import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';

const folders = ['kernel', 'src', 'identity-agent', 'client', 'examples', 'test'];
const passedBy = new Set(['node_modules', 'dist']);

/** Tests of the executable, the image, the installed packages, the files of deploy/, Firefox and Windows, which take minutes: they run only when a pattern names them. */
const onDemand = /^test\/(delivery|windows)\//;

/** Returns the test files as paths within the clone. A pattern is the name of a file or folder, or a part of a path. */
export function testFiles(patterns = []) {
  const all = folders
    .flatMap((folder) => testsIn(inClone(folder)))
    .map((path) => relative(clone, path).split(sep).join('/'))
    .sort();
  return patterns.length === 0
    ? all.filter((file) => !onDemand.test(file))
    : all.filter((file) => patterns.some((pattern) => matches(file, pattern)));
}

function matches(file, pattern) {
  if (!existsSync(pattern)) return file.includes(pattern);
  const named = relative(clone, resolve(pattern)).split(sep).join('/');
  return named === '' || file === named || file.startsWith(`${named}/`);
}

function testsIn(folder) {
  let entries = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return passedBy.has(entry.name) ? [] : testsIn(path);
    return entry.name.endsWith('.test.ts') && statSync(path).isFile() ? [path] : [];
  });
}
