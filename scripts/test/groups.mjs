import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clone, inClone } from '../prepare/clone.mjs';

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
 * Numbers of files in a group: enough to share the cost of loading the product, of a browser and of PostgreSQL, few enough to use
 * all cores until the end. Kinds of files in the order to start them, the longest first.
 */
const kinds = [
  // These change the modules of their process, measure it, or load the machine.
  {
    size: 1,
    has: (file) => /^test\/(costs\/|windows\/|delivery\/faults)/.test(file) || reads(file, /\bmarkWords\b/),
  },
  { size: 8, has: (file) => reads(file, /\b(launchBrowser|webauthn-desk)\b/) },
  // These share their providers.
  { size: 20, has: (file) => file.startsWith('test/conformance/') },
  // These share the packages that they build.
  { size: 8, has: (file) => file.startsWith('test/delivery/packages/') },
  { size: 8, has: (file) => file.startsWith('test/') },
  { size: 24, has: () => true },
];

function groups(files) {
  const kindOf = new Map(files.map((file) => [file, kinds.find(({ has }) => has(file))]));
  return kinds.flatMap((kind) =>
    inEqualParts(
      files.filter((file) => kindOf.get(file) === kind),
      kind.size,
    ),
  );
}

function inEqualParts(files, size) {
  const count = Math.ceil(files.length / size);
  const bound = (index) => Math.round((index * files.length) / count);
  return Array.from({ length: count }, (_, index) => files.slice(bound(index), bound(index + 1)));
}

const reads = (file, word) => word.test(readFileSync(resolve(clone, file), 'utf8'));
