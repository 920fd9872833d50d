import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clone, inClone } from '../prepare/clone.mjs';

/** Number of files in a group: enough to share the cost of loading the product, few enough to use all cores. */
const size = 12;

const prelude = pathToFileURL(inClone('scripts', 'test', 'group.mjs')).href;

/**
 * Writes one entry file for each group of test files to the folder, because loading the product takes a third of a test file's
 * processor time and node:test starts a process for each entry file. Each test file is a suite of its group, so its hooks stay
 * separate. Returns the paths of the entry files in the order to run them.
 */
export function writeGroups(files, folder) {
  return groups(files).map((group, index) => {
    const path = join(folder, `group-${String(index + 1).padStart(3, '0')}.test.mjs`);
    const suites = group
      .map((file) => JSON.stringify(file))
      .map((file) => `describe(${file}, limits, load(${file}));\n`);
    writeFileSync(
      path,
      `import { describe } from 'node:test';\nimport { limits, load } from ${JSON.stringify(prelude)};\n${suites.join('')}`,
    );
    return path;
  });
}

/**
 * Files that use a browser or other programs take longest: they start first, each in its own process. So does the file that marks
 * the texts of pages, because it changes the modules of its process.
 */
function groups(files) {
  const alone = files.filter(isAlone);
  const others = files.filter((file) => !alone.includes(file));
  const count = Math.ceil(others.length / size);
  const bound = (index) => Math.round((index * others.length) / count);
  return [
    ...alone.map((file) => [file]),
    ...Array.from({ length: count }, (_, index) => others.slice(bound(index), bound(index + 1))),
  ];
}

const isAlone = (file) =>
  /^test\/(conformance|faults)\//.test(file) ||
  /\b(launchBrowser|webauthn-desk|markWords)\b/.test(readFileSync(resolve(clone, file), 'utf8'));
